import { createHash } from "node:crypto";
import { ByteReader } from "../format/byte-reader.js";
import { ByteWriter } from "../format/byte-writer.js";
import { objectNames } from "../format/object-names.js";
import type { KeyRing } from "../keys/key-ring.js";
import { seal, unseal } from "../keys/sealed-box.js";
import { isDamage } from "../store/damage.js";
import { readProven } from "../store/read-proven.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { PackInventory } from "./pack-inventory.js";

/** With ten million packs, 2 MB a shard. */
const shardCount = 64;
const fingerprintBytes = 8;
const entryBytes = fingerprintBytes + 4;
const secondMs = 1_000;
const maxEntries = 2 ** 24;

/** The time as packs' last verification is kept: whole seconds since 1970. */
export function secondsOf(time: Date): number {
  return Math.floor(time.getTime() / secondMs);
}

/**
 * When each pack's data was verified for the last time, kept in the repository so that runs with a budget come round to all
 * packs. A cache: what of it is lost or damaged counts as never verified.
 */
export class VerifiedTimes {
  readonly #context: RepositoryContext;
  readonly #inventory: PackInventory;
  /** The shards of packs that were verified since the last `save`. */
  readonly #changed = new Set<number>();
  /** Packs by shard, sorted once: a shard is made and merged from its own alone. */
  #order: Uint32Array | undefined;

  constructor(context: RepositoryContext, inventory: PackInventory) {
    this.#context = context;
    this.#inventory = inventory;
  }

  /** Tells the inventory what is stored: one shard in memory at a time. */
  async load(options: SignalOptions): Promise<void> {
    for (let shard = 0; shard < shardCount; shard++) {
      const times = await this.#readShard(shard, options);
      if (times.size === 0) continue;
      for (const { index, fingerprint } of this.#packsOf(shard)) this.#inventory.setVerified(index, times.get(fingerprint) ?? 0);
    }
  }

  note(index: number, time: Date): void {
    this.#inventory.setVerified(index, secondsOf(time));
    this.#changed.add(placeOf(this.#inventory, index).shard);
  }

  /** Stores the shards that changed. Packs that no point reaches any more leave them. Another run's newer times stay. */
  async save(options: SignalOptions): Promise<void> {
    for (const shard of [...this.#changed]) {
      const stored = await this.#readShard(shard, options);
      const times = new Map<string, number>();
      for (const { index, fingerprint } of this.#packsOf(shard)) {
        const seconds = Math.max(this.#inventory.verifiedSeconds(index), stored.get(fingerprint) ?? 0);
        if (seconds > 0) times.set(fingerprint, seconds);
      }
      const name = objectNames.verifiedTimes(shard);
      await this.#context.store.put(name, sealTimes(this.#context.keys, name, times), options);
      this.#changed.delete(shard);
    }
  }

  async #readShard(shard: number, options: SignalOptions): Promise<ReadonlyMap<string, number>> {
    const { store, keys, logger } = this.#context;
    const name = objectNames.verifiedTimes(shard);
    try {
      return await readProven(logger, name, async () => openTimes(keys, name, (await store.get(name, options)).body));
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (error.name === "IntegrityError") logger.warn("what is known of earlier verifications is damaged: those packs count as never verified", { object: name, error: error.message });
      return new Map();
    }
  }

  *#packsOf(shard: number): Generator<{ readonly index: number; readonly fingerprint: string }> {
    const inventory = this.#inventory;
    if (this.#order?.length !== inventory.size) {
      const shards = Uint8Array.from({ length: inventory.size }, (_, index) => placeOf(inventory, index).shard);
      this.#order = Uint32Array.from({ length: inventory.size }, (_, index) => index).sort((a, b) => (shards[a] ?? 0) - (shards[b] ?? 0) || a - b);
    }
    const order = this.#order;
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (placeOf(inventory, order[middle] ?? 0).shard < shard) low = middle + 1;
      else high = middle;
    }
    for (let at = low; at < order.length; at++) {
      const index = order[at] ?? 0;
      const place = placeOf(inventory, index);
      if (place.shard !== shard) return;
      yield { index, fingerprint: place.fingerprint };
    }
  }
}

function placeOf(inventory: PackInventory, index: number): { readonly shard: number; readonly fingerprint: string } {
  const digest = createHash("sha256").update(objectNames.pack(inventory.id(index))).digest();
  return { shard: digest.readUInt8(0) % shardCount, fingerprint: digest.toString("latin1", 1, 1 + fingerprintBytes) };
}

function sealTimes(keys: KeyRing, name: string, times: ReadonlyMap<string, number>): Buffer {
  const writer = new ByteWriter(8 + times.size * entryBytes).u32(1).u32(times.size);
  for (const [fingerprint, seconds] of times) writer.bytes(Buffer.from(fingerprint, "latin1")).u32(seconds);
  return seal(sealOf(keys, name), writer.finish());
}

function openTimes(keys: KeyRing, name: string, bytes: Buffer): Map<string, number> {
  const reader = new ByteReader(unseal(sealOf(keys, name), bytes), "list of verified packs");
  const version = reader.u32();
  if (version !== 1) throw reader.fail(`its version is ${String(version)}, not 1`);
  const count = reader.u32();
  if (count > maxEntries) throw reader.fail("its numbers are impossible");
  const times = new Map<string, number>();
  for (let position = 0; position < count; position++) times.set(reader.bytes(fingerprintBytes).toString("latin1"), reader.u32());
  reader.end();
  return times;
}

function sealOf(keys: KeyRing, name: string): { key: Buffer; repositoryId: Buffer; name: string; label: string } {
  return { key: keys.structure, repositoryId: keys.repositoryId, name, label: "verified" };
}
