// Written from the protocol's own document and on purpose without a line of the engine's: what both had from one place, neither could find wrong in the other.
import { connect, type Socket } from "node:net";
import { once } from "node:events";

/** A small NBD client of the tests' own, written from the protocol's document, that can also say what no honest client says. */
export class NbdClient {
  readonly socket: Socket;
  readonly #received: Buffer[] = [];
  #receivedBytes = 0;
  #ended = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (data: Buffer) => {
      this.#received.push(data);
      this.#receivedBytes += data.length;
      this.#wake();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on("error", end).on("close", end).on("end", end);
  }

  static async connect(address: { readonly path: string } | { readonly host: string; readonly port: number }): Promise<NbdClient> {
    const socket = connect(address);
    await once(socket, "connect");
    return new NbdClient(socket);
  }

  /** The greeting, then the client's flags: `NBDMAGIC`, `IHAVEOPT`. */
  async greet(flags = 3): Promise<void> {
    const greeting = await this.take(18);
    if (greeting.subarray(0, 16).toString("latin1") !== "NBDMAGICIHAVEOPT") throw new Error("this is no NBD server");
    this.send(u32(flags));
  }

  send(...parts: Buffer[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  sendOption(option: number, data: Buffer = Buffer.alloc(0), length = data.length): void {
    this.send(Buffer.from("IHAVEOPT", "latin1"), u32(option), u32(length), data);
  }

  async optionReply(): Promise<{ readonly option: number; readonly type: number; readonly data: Buffer }> {
    const header = await this.take(20);
    if (header.readBigUInt64BE() !== 0x3e889045565a9n) throw new Error("no option reply");
    return { option: header.readUInt32BE(8), type: header.readUInt32BE(12), data: await this.take(header.readUInt32BE(16)) };
  }

  /** Sends an option and gives all replies up to the acknowledgement or the refusal. */
  async option(option: number, data?: Buffer): Promise<{ readonly type: number; readonly data: Buffer }[]> {
    this.sendOption(option, data);
    for (const replies = []; ; ) {
      const reply = await this.optionReply();
      replies.push(reply);
      if (reply.type === 1 || reply.type >= 0x80000000) return replies;
    }
  }

  /** Goes into transmission; gives size and flags. */
  async go(name = ""): Promise<{ readonly sizeBytes: number; readonly flags: number }> {
    const info = (await this.option(7, Buffer.concat([text(name), u16(0)]))).find(({ type, data }) => type === 3 && data.readUInt16BE() === 0);
    if (info === undefined) throw new Error("the server does not go");
    return { sizeBytes: Number(info.data.readBigUInt64BE(2)), flags: info.data.readUInt16BE(10) };
  }

  sendRequest(type: number, offset: number | bigint, length: number, { cookie = 1n, flags = 0, data = Buffer.alloc(0) }: { cookie?: bigint; flags?: number; data?: Buffer } = {}): void {
    this.send(u32(0x25609513), u16(flags), u16(type), u64(cookie), u64(BigInt(offset)), u32(length), data);
  }

  /** One request and its simple reply. */
  async request(type: number, offset: number, length: number, data?: Buffer): Promise<{ readonly error: number; readonly data: Buffer }> {
    this.sendRequest(type, offset, length, data === undefined ? {} : { data });
    const header = await this.take(16);
    if (header.readUInt32BE() !== 0x67446698) throw new Error("no simple reply");
    const error = header.readUInt32BE(4);
    return { error, data: type === 0 && error === 0 ? await this.take(length) : Buffer.alloc(0) };
  }

  /** One chunk of a structured reply. */
  async chunk(): Promise<{ readonly flags: number; readonly type: number; readonly cookie: bigint; readonly data: Buffer }> {
    const header = await this.take(20);
    if (header.readUInt32BE() !== 0x668e33ef) throw new Error("no structured reply");
    return { flags: header.readUInt16BE(4), type: header.readUInt16BE(6), cookie: header.readBigUInt64BE(8), data: await this.take(header.readUInt32BE(16)) };
  }

  async take(length: number): Promise<Buffer> {
    while (this.#receivedBytes < length) {
      if (this.#ended) throw new Error("the server hung up");
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const all = Buffer.concat(this.#received.splice(0));
    this.#received.push(all.subarray(length));
    this.#receivedBytes -= length;
    return all.subarray(0, length);
  }

  /** Waits until the server hangs up. */
  async untilHungUp(): Promise<void> {
    while (!this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  close(): void {
    this.socket.destroy();
  }
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** A text with its length before it. */
export function text(value: string): Buffer {
  return Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)]);
}
