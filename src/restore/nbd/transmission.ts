import { HoldfastError } from "../../errors/index.js";
import { asError } from "../../session/index.js";
import type { Turnstile } from "../bytes/turnstile.js";
import type { NegotiatedSession } from "./handshake.js";
import type { NbdExport } from "./nbd-export.js";
import { u16, u32, u64 } from "./numbers.js";
import { allocation, chunkFlagDone, chunkTypes, commandFlags, commands, errors, maxPayloadBytes, requestBytes, requestMagic, simpleReplyMagic, structuredReplyMagic } from "./protocol.js";
import type { SocketStream } from "./socket-stream.js";

/** Requests of one client that are worked on at the same time. */
const maxInFlight = 16;
/** Extents in one answer: a client asks on from where it ends. */
const maxToldExtents = 8_192;
/** What a request takes of the memory that all clients share, beside its data. */
const requestOverheadBytes = 4096;

interface Request {
  readonly flags: number;
  readonly type: number;
  readonly cookie: Buffer;
  readonly offset: number;
  readonly length: number;
  readonly payload: Buffer | undefined;
}

/** The parts of an answer to send, or the number of an error. */
type Answer = readonly Buffer[] | number;

/** The transmission phase: requests are answered as they are done, until the client disconnects or breaks the protocol. */
export class Transmission {
  readonly #stream: SocketStream;
  readonly #export: NbdExport;
  readonly #session: NegotiatedSession;
  readonly #memory: Turnstile;
  readonly #underway = new Set<Promise<void>>();
  #failure: Error | undefined;

  /** `memory`: shared by all clients, its width in bytes. */
  constructor(stream: SocketStream, given: NbdExport, session: NegotiatedSession, memory: Turnstile) {
    this.#stream = stream;
    this.#export = given;
    this.#session = session;
    this.#memory = memory;
  }

  /** Resolves when the client has disconnected or the protocol was broken; what was begun is answered first. */
  async run(): Promise<void> {
    try {
      while (this.#failure === undefined && (await this.#next()));
    } finally {
      await Promise.all(this.#underway);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Takes one request in; `false` where it was the last one. */
  async #next(): Promise<boolean> {
    const header = await this.#stream.read(requestBytes);
    if (header.readUInt32BE() !== requestMagic) return false;
    const length = header.readUInt32BE(24);
    const type = header.readUInt16BE(6);
    if (type === commands.disconnect) return false;
    // a payload that is too long can neither be taken nor be skipped in good faith
    if (type === commands.write && length > maxPayloadBytes) return false;
    while (this.#underway.size >= maxInFlight) await Promise.race(this.#underway);
    const isRefusedWrite = type === commands.write && this.#export.overlay === undefined;
    const carriesData = type === commands.read || type === commands.cache || (type === commands.write && !isRefusedWrite);
    const leave = await this.#memory.enter(requestOverheadBytes + (carriesData ? Math.min(length, maxPayloadBytes) : 0));
    try {
      if (isRefusedWrite) await this.#stream.skip(length);
      const payload = type === commands.write && !isRefusedWrite ? await this.#stream.read(length) : undefined;
      // an offset beyond what a number can hold exactly is beyond every export
      const offset = Number(header.readBigUInt64BE(16));
      const work = this.#serve({ flags: header.readUInt16BE(4), type, cookie: header.subarray(8, 16), offset, length, payload }).finally(() => {
        leave();
        this.#underway.delete(work);
      });
      this.#underway.add(work);
    } catch (error) {
      leave();
      throw error;
    }
    return true;
  }

  async #serve(request: Request): Promise<void> {
    try {
      const answer = await this.#answer(request).catch((error: unknown) => {
        this.#export.onFailure(commandName(request.type), error);
        return errorNumber(error);
      });
      await this.#stream.write(typeof answer === "number" ? this.#errorReply(request, answer) : answer);
    } catch (error) {
      this.#failure ??= asError(error);
    }
  }

  async #answer(request: Request): Promise<Answer> {
    const wrong = this.#refusal(request);
    if (wrong !== undefined) return wrong;
    const { overlay, source } = this.#export;
    const { offset, length, type } = request;
    switch (type) {
      case commands.read:
        return await this.#read(request);
      case commands.write:
        await overlay?.write(offset, request.payload ?? Buffer.alloc(0));
        return this.#doneReply(request);
      case commands.trim:
      case commands.writeZeroes:
        await overlay?.zero(offset, length);
        return this.#doneReply(request);
      case commands.cache:
        // what is more than fits into one request would push itself out of the cache again
        await source.read(offset, Math.min(length, maxPayloadBytes));
        return this.#doneReply(request);
      case commands.blockStatus:
        return await this.#blockStatus(request);
      default:
        // what was written is in the overlay before it is answered: there is nothing left to flush
        return this.#doneReply(request);
    }
  }

  /** Why a request is wrong, as an error number. */
  #refusal({ type, flags, offset, length }: Request): number | undefined {
    const isWriting = type === commands.write || type === commands.trim || type === commands.writeZeroes;
    const known: Readonly<Record<number, number>> = {
      [commands.read]: commandFlags.df,
      [commands.write]: commandFlags.fua,
      [commands.flush]: 0,
      [commands.trim]: commandFlags.fua,
      [commands.cache]: 0,
      [commands.writeZeroes]: commandFlags.fua | commandFlags.noHole,
      [commands.blockStatus]: commandFlags.reqOne,
    };
    const knownFlags = known[type];
    if (knownFlags === undefined) return errors.invalid;
    if (isWriting && this.#export.overlay === undefined) return errors.permission;
    // clients are known to set FUA on commands that write nothing; it asks for no more than there is
    if ((flags & ~(knownFlags | commandFlags.fua)) !== 0) return errors.invalid;
    if (type === commands.flush) return offset === 0 && length === 0 ? undefined : errors.invalid;
    if (type === commands.blockStatus && !this.#session.hasAllocation) return errors.invalid;
    if (length === 0 || offset + length > this.#export.source.sizeBytes) return type === commands.write && length > 0 ? errors.noSpace : errors.invalid;
    return type === commands.read && length > maxPayloadBytes ? errors.overflow : undefined;
  }

  async #read({ cookie, offset, length }: Request): Promise<readonly Buffer[]> {
    const { source } = this.#export;
    if (!this.#session.hasStructuredReplies) return [u32(simpleReplyMagic), u32(0), cookie, await source.read(offset, length)];
    const [first] = await source.extents(offset, length);
    if (first?.isHole === true && first.lengthBytes === length) return chunk(cookie, chunkTypes.offsetHole, [u64(offset), u32(length)]);
    return chunk(cookie, chunkTypes.offsetData, [u64(offset), await source.read(offset, length)]);
  }

  async #blockStatus({ cookie, offset, length, flags }: Request): Promise<readonly Buffer[]> {
    const extents = await this.#export.source.extents(offset, length);
    const told = extents.slice(0, (flags & commandFlags.reqOne) === 0 ? maxToldExtents : 1);
    const states = told.flatMap(({ lengthBytes, isHole }) => [u32(lengthBytes), u32(isHole ? allocation.hole | allocation.zero : 0)]);
    return chunk(cookie, chunkTypes.blockStatus, [u32(allocation.contextId), ...states]);
  }

  /** Only answers to reads and block status must be structured; others may be simple. */
  #doneReply({ cookie }: Request): readonly Buffer[] {
    return [u32(simpleReplyMagic), u32(0), cookie];
  }

  #errorReply({ cookie, type }: Request, error: number): readonly Buffer[] {
    const isStructured = this.#session.hasStructuredReplies && (type === commands.read || type === commands.blockStatus);
    return isStructured ? chunk(cookie, chunkTypes.error, [u32(error), u16(0)]) : [u32(simpleReplyMagic), u32(error), cookie];
  }
}

/** A structured reply of one chunk. */
function chunk(cookie: Buffer, type: number, payload: readonly Buffer[]): readonly Buffer[] {
  const length = payload.reduce((sum, { length: bytes }) => sum + bytes, 0);
  return [u32(structuredReplyMagic), u16(chunkFlagDone), u16(type), cookie, u32(length), ...payload];
}

function errorNumber(error: unknown): number {
  if (!HoldfastError.isInstance(error)) return errors.io;
  if (error.code === "NoSpace") return errors.noSpace;
  return error.code === "DeviceClosed" ? errors.shutdown : errors.io;
}

function commandName(type: number): string {
  return Object.entries(commands).find(([, number]) => number === type)?.[0] ?? `command ${String(type)}`;
}
