import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { Turnstile } from "../bytes/turnstile.js";
import { SocketStream } from "./socket-stream.js";
import { Transmission } from "./transmission.js";

const mib = 2 ** 20;

/** A client that has said all that it will say. */
class Client extends Duplex {
  constructor(said: Buffer) {
    super();
    this.push(said);
    this.push(null);
  }

  override _read(): void {
    // all is there from the beginning
  }

  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    done();
  }

  setTimeout(): this {
    return this;
  }
}

function request(type: number, lengthBytes: number): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt32BE(0x25609513);
  bytes.writeUInt16BE(type, 6);
  bytes.writeUInt32BE(lengthBytes, 24);
  return bytes;
}

describe("what a client asks for at the same time", () => {
  it.each([
    ["reads", 0],
    ["asks to be read ahead", 5],
  ])("takes no more memory than all clients may together where it %s", async (_what, type) => {
    let [now, most] = [0, 0];
    const source = {
      sizeBytes: 64 * mib,
      read: async (_offset: number, length: number) => {
        now += length;
        most = Math.max(most, now);
        await new Promise((resolve) => setImmediate(resolve));
        now -= length;
        return Buffer.alloc(0);
      },
      extents: () => Promise.resolve([]),
    };
    const said = Buffer.concat([...Array.from({ length: 16 }, () => request(type, 16 * mib)), request(2, 0)]);
    const given = { name: "", description: "", source, onFailure: (_command: string, error: unknown) => expect(error).toBeUndefined() };
    await new Transmission(new SocketStream(new Client(said) as unknown as Socket), given, { hasStructuredReplies: false, hasAllocation: false }, new Turnstile(64 * mib)).run();
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(64 * mib);
  });
});
