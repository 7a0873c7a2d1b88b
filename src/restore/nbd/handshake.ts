import { exportFlags, type NbdExport } from "./nbd-export.js";
import { u16, u32, u64 } from "./numbers.js";
import { allocation, handshakeFlags, handshakeMagic, infoTypes, maxOptionBytes, maxPayloadBytes, maxTextBytes, optionMagic, optionReplies, optionReplyMagic, options, preferredBlockBytes } from "./protocol.js";
import { ConnectionEnded, type SocketStream } from "./socket-stream.js";

/** What was agreed on in the handshake. */
export interface NegotiatedSession {
  readonly hasStructuredReplies: boolean;
  readonly hasAllocation: boolean;
}

/** More options than any client needs; an end to who would ask for ever. */
const maxOptions = 256;

interface Option {
  readonly code: number;
  readonly data: Buffer;
}

/** The fixed newstyle handshake. Resolves when transmission begins; `undefined` where the client took its leave or spoke another protocol. */
export async function handshake(stream: SocketStream, given: NbdExport): Promise<NegotiatedSession | undefined> {
  const { fixedNewstyle, noZeroes } = handshakeFlags;
  await stream.write([handshakeMagic, optionMagic, u16(fixedNewstyle | noZeroes)]);
  const flags = (await stream.read(4)).readUInt32BE();
  if ((flags & ~(fixedNewstyle | noZeroes)) !== 0) return undefined;
  const negotiation = new Negotiation(stream, given, (flags & noZeroes) !== 0);
  for (let count = 0; count < maxOptions; count++) {
    const option = await readOption(stream);
    if (option === undefined) return undefined;
    const outcome = await negotiation.answer(option);
    if (outcome === "ended") return undefined;
    if (outcome === "transmission") return negotiation.session;
  }
  return undefined;
}

async function readOption(stream: SocketStream): Promise<Option | undefined> {
  const header = await stream.read(16);
  if (!header.subarray(0, 8).equals(optionMagic)) return undefined;
  const code = header.readUInt32BE(8);
  const length = header.readUInt32BE(12);
  if (length > maxOptionBytes) {
    if (code !== options.exportName) await reply(stream, code, optionReplies.tooBig, Buffer.from("options have at most 65,536 bytes"));
    return undefined;
  }
  return { code, data: await stream.read(length) };
}

class Negotiation {
  readonly #stream: SocketStream;
  readonly #export: NbdExport;
  readonly #hasNoZeroes: boolean;
  #hasStructuredReplies = false;
  #hasAllocation = false;

  constructor(stream: SocketStream, given: NbdExport, hasNoZeroes: boolean) {
    this.#stream = stream;
    this.#export = given;
    this.#hasNoZeroes = hasNoZeroes;
  }

  get session(): NegotiatedSession {
    return { hasStructuredReplies: this.#hasStructuredReplies, hasAllocation: this.#hasAllocation };
  }

  async answer({ code, data }: Option): Promise<"transmission" | "ended" | "more"> {
    switch (code) {
      case options.exportName:
        return await this.#exportName(data);
      case options.abort:
        // a client may be gone before it hears this
        await reply(this.#stream, code, optionReplies.acknowledged).catch((error: unknown) => {
          if (!(error instanceof ConnectionEnded)) throw error;
        });
        return "ended";
      case options.list:
        return await this.#list(code, data);
      case options.info:
      case options.go:
        return await this.#info(code, data);
      case options.structuredReply:
        if (data.length > 0) return await this.#refuse(code, optionReplies.invalid, "this option has no data");
        this.#hasStructuredReplies = true;
        await reply(this.#stream, code, optionReplies.acknowledged);
        return "more";
      case options.listMetaContext:
      case options.setMetaContext:
        return await this.#metaContexts(code, data);
      default:
        return await this.#refuse(code, optionReplies.unsupported, "this option is not known here");
    }
  }

  /** This old option has no way to say no but to hang up. */
  async #exportName(name: Buffer): Promise<"transmission" | "ended"> {
    if (!this.#isOurs(name)) return "ended";
    await this.#stream.write([u64(this.#export.source.sizeBytes), u16(exportFlags(this.#export)), Buffer.alloc(this.#hasNoZeroes ? 0 : 124)]);
    return "transmission";
  }

  async #list(code: number, data: Buffer): Promise<"more"> {
    if (data.length > 0) return await this.#refuse(code, optionReplies.invalid, "this option has no data");
    const name = Buffer.from(this.#export.name);
    await reply(this.#stream, code, optionReplies.server, Buffer.concat([u32(name.length), name, Buffer.from(this.#export.description)]));
    await reply(this.#stream, code, optionReplies.acknowledged);
    return "more";
  }

  async #info(code: number, data: Buffer): Promise<"transmission" | "more"> {
    const reader = new TextReader(data);
    const name = reader.text();
    const count = reader.u16();
    if (name === undefined || count === undefined || reader.left !== count * 2) return await this.#refuse(code, optionReplies.invalid, "the option is not well formed");
    if (!this.#isOurs(name)) return await this.#refuse(code, optionReplies.unknownExport, "there is no such export; ask for the list");
    const wanted = new Set(Array.from({ length: count }, () => reader.u16()));
    const tell = async (type: number, info: Buffer): Promise<void> => await reply(this.#stream, code, optionReplies.info, Buffer.concat([u16(type), info]));
    await tell(infoTypes.export, Buffer.concat([u64(this.#export.source.sizeBytes), u16(exportFlags(this.#export))]));
    await tell(infoTypes.blockSize, Buffer.concat([u32(1), u32(preferredBlockBytes), u32(maxPayloadBytes)]));
    if (wanted.has(infoTypes.name)) await tell(infoTypes.name, Buffer.from(this.#export.name));
    if (wanted.has(infoTypes.description)) await tell(infoTypes.description, Buffer.from(this.#export.description));
    await reply(this.#stream, code, optionReplies.acknowledged);
    return code === options.go ? "transmission" : "more";
  }

  async #metaContexts(code: number, data: Buffer): Promise<"more"> {
    if (!this.#hasStructuredReplies) return await this.#refuse(code, optionReplies.invalid, "ask for structured replies first");
    const reader = new TextReader(data);
    const name = reader.text();
    const count = reader.u32();
    const queries: string[] = [];
    for (let query = 0; count !== undefined && query < count; query++) {
      const text = reader.text();
      if (text === undefined) break;
      queries.push(text.toString());
    }
    if (name === undefined || count !== queries.length || reader.left > 0) return await this.#refuse(code, optionReplies.invalid, "the option is not well formed");
    if (!this.#isOurs(name)) return await this.#refuse(code, optionReplies.unknownExport, "there is no such export; ask for the list");
    const isListing = code === options.listMetaContext;
    const isAsked = queries.some((query) => query === allocation.context || (isListing && query === "base:")) || (isListing && queries.length === 0);
    if (isAsked) await reply(this.#stream, code, optionReplies.metaContext, Buffer.concat([u32(isListing ? 0 : allocation.contextId), Buffer.from(allocation.context)]));
    if (!isListing) this.#hasAllocation = isAsked;
    await reply(this.#stream, code, optionReplies.acknowledged);
    return "more";
  }

  #isOurs(name: Buffer): boolean {
    return name.length === 0 || name.equals(Buffer.from(this.#export.name));
  }

  async #refuse(code: number, type: number, why: string): Promise<"more"> {
    await reply(this.#stream, code, type, Buffer.from(why));
    return "more";
  }
}

/** Reads texts with their lengths; `undefined` where there is less than that. */
class TextReader {
  #rest: Buffer;

  constructor(data: Buffer) {
    this.#rest = data;
  }

  get left(): number {
    return this.#rest.length;
  }

  text(): Buffer | undefined {
    const length = this.u32();
    return length === undefined || length > maxTextBytes ? undefined : this.#take(length);
  }

  u32(): number | undefined {
    return this.#take(4)?.readUInt32BE();
  }

  u16(): number | undefined {
    return this.#take(2)?.readUInt16BE();
  }

  #take(length: number): Buffer | undefined {
    if (this.#rest.length < length) return undefined;
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}

async function reply(stream: SocketStream, option: number, type: number, data: Buffer = Buffer.alloc(0)): Promise<void> {
  await stream.write([optionReplyMagic, u32(option), u32(type), u32(data.length), data]);
}
