import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Overlay } from "../../../src/restore/bytes/overlay.js";
import { Turnstile } from "../../../src/restore/bytes/turnstile.js";
import { handshake } from "../../../src/restore/nbd/handshake.js";
import type { NbdExport } from "../../../src/restore/nbd/nbd-export.js";
import { ConnectionEnded, SocketStream } from "../../../src/restore/nbd/socket-stream.js";
import { Transmission } from "../../../src/restore/nbd/transmission.js";
import { asError } from "../../../src/session/index.js";
import type { FuzzTarget } from "../target.js";

const sizeBytes = 4 * 2 ** 20;

const maxAnswers = 200;

/** A client that says all that it has to say at once, takes every answer, and leaves. */
class Client extends Duplex {
  /** What it was answered, as much as tells its kind. */
  readonly answered: Buffer[] = [];

  constructor(said: Buffer) {
    super({ allowHalfOpen: true });
    this.push(said);
    this.push(null);
  }

  override _read(): void {
    // all is there from the beginning
  }

  override _write(chunk: Buffer, _encoding: unknown, done: () => void): void {
    if (this.answered.length < maxAnswers) this.answered.push(Buffer.from(chunk.subarray(0, 32)));
    done();
  }

  setTimeout(): this {
    return this;
  }
}

function within(offset: number, length: number): void {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0 || offset + length > sizeBytes) throw new RangeError(`${String(length)} bytes at ${String(offset)} of ${String(sizeBytes)}`);
}

const magics = { option: Buffer.from("0003e889045565a9", "hex"), simple: Buffer.from("67446698", "hex"), chunk: Buffer.from("668e33ef", "hex") };

/** The kinds of answers: replies to options with their code and type, to requests with their error or the flags and type of their chunk. */
function kindsOf(answered: readonly Buffer[]): string {
  const all = Buffer.concat(answered);
  const kinds = new Set<string>();
  for (const [kind, magic] of Object.entries(magics)) {
    for (let at = all.indexOf(magic); at >= 0; at = all.indexOf(magic, at + 1)) kinds.add(`${kind} ${all.toString("hex", at + magic.length, at + magic.length + (kind === "option" ? 8 : 4))}`);
  }
  return [...kinds].sort().join(", ");
}

async function serve(said: Buffer, isWritable: boolean): Promise<string> {
  let failure: Error | undefined;
  const source = {
    sizeBytes,
    read: async (offset: number, length: number) => {
      within(offset, length);
      return await Promise.resolve(Buffer.alloc(length));
    },
    extents: async (offset: number, length: number) => {
      within(offset, length);
      return await Promise.resolve([{ lengthBytes: length, isHole: true }]);
    },
  };
  const overlay = {
    ...source,
    write: async (offset: number, data: Buffer) => {
      within(offset, data.length);
      await Promise.resolve();
    },
    zero: async (offset: number, length: number) => {
      within(offset, length);
      await Promise.resolve();
    },
  };
  const given: NbdExport = {
    name: "vol-1",
    description: "a volume",
    source,
    overlay: isWritable ? (overlay as unknown as Overlay) : undefined,
    onFailure: (_command, error) => {
      failure ??= asError(error);
    },
  };
  const client = new Client(said);
  const stream = new SocketStream(client as unknown as Socket);
  try {
    const session = await handshake(stream, given);
    if (session !== undefined) await new Transmission(stream, given, session, new Turnstile(64 * 2 ** 20)).run();
  } catch (error) {
    if (!(error instanceof ConnectionEnded)) throw error;
  }
  if (failure !== undefined) throw failure;
  return kindsOf(client.answered);
}

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const u32 = (value: number): Buffer => Buffer.concat([u16(value >>> 16), u16(value & 0xffff)]);
const option = (code: number, data: Buffer = Buffer.alloc(0)): Buffer => Buffer.concat([Buffer.from("IHAVEOPT"), u32(code), u32(data.length), data]);
const request = (type: number, offset: number, length: number, data: Buffer = Buffer.alloc(0), flags = 0): Buffer => Buffer.concat([u32(0x25609513), u16(flags), u16(type), Buffer.alloc(8, 1), u32(0), u32(offset), u32(length), data]);
const go = option(7, Buffer.concat([u32(0), u16(1), u16(3)]));
const context = option(10, Buffer.concat([u32(0), u32(1), u32(15), Buffer.from("base:allocation")]));

const sessions = [
  [u32(3), option(3), option(8), context, go, request(0, 0, 4_096), request(7, 0, sizeBytes), request(5, 4_096, 4_096), request(3, 0, 0), request(2, 0, 0)],
  [u32(1), option(1, Buffer.from("vol-1")), request(1, 0, 16, Buffer.alloc(16)), request(4, 0, 4_096), request(6, 0, 4_096, undefined, 1), request(0, sizeBytes - 1, 1)],
  [u32(3), option(9, Buffer.concat([u32(5), Buffer.from("vol-1"), u32(0)])), option(2)],
];

export const nbdTargets: readonly FuzzTarget[] = [
  {
    name: "nbd",
    weight: 2,
    seeds: () => sessions.map((parts) => Buffer.concat(parts)),
    run: async (said) => {
      const readOnly = await serve(said, false);
      return `${readOnly}; ${await serve(said, true)}`;
    },
    tokens: ["IHAVEOPT", "NBDMAGIC", "base:allocation", "%`\u0095\u0013"],
    // what its own parts raise goes to the log of whoever serves: here it is a finding
    isRefusal: () => false,
  },
];
