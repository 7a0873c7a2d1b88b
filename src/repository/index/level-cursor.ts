import { shardEntryBytes, zeroBitsOf, type IndexLevel } from "../format/index-level.js";
import type { SignalOptions } from "../signal-options.js";
import type { IndexSource, Opened } from "./index-source.js";
import { readShard, shardsOf, type LevelPiece } from "./read-level.js";

/** Entries in the order of a level, one after another: those whose ids end in most zero bits first, then ascending. */
export interface EntryCursor {
  /** The entry: bytes 0 to 3 and 4 to 7 of its block id, how many zero bits they end in, its pack's position. */
  readonly high: number;
  readonly low: number;
  readonly zeroBits: number;
  readonly pack: number;
  /** Goes to the next entry of what was read; says whether there is one. */
  advance(): boolean;
  /** Reads on after `advance` said no, and goes to the next entry; says whether there is one. */
  refill(): Promise<boolean>;
}

/** Entries of a stored level, a shard at a time with the next one on its way. A shard that cannot be opened is passed over. */
export class LevelCursor implements EntryCursor {
  high = 0;
  low = 0;
  zeroBits = 0;
  pack = 0;
  /** Shards that could not be opened. */
  damagedShards = 0;
  readonly #source: IndexSource;
  readonly #level: IndexLevel;
  readonly #options: SignalOptions;
  /** Those that are still to be read. */
  readonly #pieces: LevelPiece[];
  #next: Promise<Opened<Buffer>> | undefined;
  #entries: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(source: IndexSource, level: IndexLevel, options: SignalOptions) {
    this.#source = source;
    this.#level = level;
    this.#options = options;
    this.#pieces = shardsOf(level);
  }

  advance(): boolean {
    if (this.#at >= this.#entries.length) return false;
    this.high = this.#entries.readUInt32BE(this.#at);
    this.low = this.#entries.readUInt32BE(this.#at + 4);
    this.pack = this.#entries.readUInt32BE(this.#at + 8);
    this.zeroBits = zeroBitsOf(this.low);
    this.#at += shardEntryBytes;
    return true;
  }

  async refill(): Promise<boolean> {
    for (;;) {
      const reading = this.#next ?? this.#read();
      if (reading === undefined) return false;
      this.#next = undefined;
      const shard = await reading;
      this.#next = this.#read();
      if (typeof shard === "string") {
        this.damagedShards++;
        continue;
      }
      this.#entries = shard;
      this.#at = 0;
      if (this.advance()) return true;
    }
  }

  /** Waits for what is on its way, whatever becomes of it. */
  async close(): Promise<void> {
    await this.#next?.catch(() => undefined);
  }

  #read(): Promise<Opened<Buffer>> | undefined {
    const piece = this.#pieces.shift();
    if (piece === undefined) return undefined;
    const reading = readShard(this.#source, this.#level, piece, this.#options);
    // whoever awaits it gets the failure
    reading.catch(() => undefined);
    return reading;
  }
}
