import { IntegrityError } from "../../errors/index.js";

/** Reads big-endian numbers and bytes, and raises `IntegrityError` rather than read past the end. */
export class ByteReader {
  readonly #buffer: Buffer;
  readonly #what: string;
  #offset = 0;

  /** `what` names the structure in errors, e.g. `leaf`. */
  constructor(buffer: Buffer, what: string) {
    this.#buffer = buffer;
    this.#what = what;
  }

  get remaining(): number {
    return this.#buffer.length - this.#offset;
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#buffer.readUInt16BE(this.#take(2));
  }

  u24(): number {
    return this.#buffer.readUIntBE(this.#take(3), 3);
  }

  u32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  u64(): number {
    const value = this.u32() * 2 ** 32 + this.u32();
    if (!Number.isSafeInteger(value)) throw this.fail("a number is above 2^53");
    return value;
  }

  /** A view of the next `count` bytes. */
  bytes(count: number): Buffer {
    const start = this.#take(count);
    return this.#buffer.subarray(start, start + count);
  }

  expectVersion(version: number): void {
    const found = this.u8();
    if (found !== version) throw this.fail(`its version is ${String(found)}, not ${String(version)}`);
  }

  end(): void {
    if (this.remaining !== 0) throw this.fail(`${String(this.remaining)} bytes too many`);
  }

  fail(why: string): IntegrityError {
    return new IntegrityError(`The ${this.#what} is damaged: ${why}.`, { code: "DamagedStructure", context: { structure: this.#what } });
  }

  #take(count: number): number {
    if (count > this.remaining) throw this.fail(`it ends ${String(count - this.remaining)} bytes too early`);
    const start = this.#offset;
    this.#offset += count;
    return start;
  }
}
