import type { ImmutabilityOptions, ObjectVersions, Repository } from "../../src/index.js";
import { openGroupState, sealWithdrawnGroup } from "../../src/repository/format/group.js";
import { objectNames } from "../../src/repository/format/object-names.js";
import { sealTombstone } from "../../src/repository/format/record.js";
import { KeyRing } from "../../src/repository/keys/key-ring.js";
import { decodeKeySlot } from "../../src/repository/format/slot-document.js";
import { openSlot } from "../../src/repository/slots/slot-secret.js";
import { groupNameOf } from "../../src/repository/format/point-id.js";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import { key } from "./backup-world.js";
import { DedupBed } from "./dedup-bed.js";
import { ManualClock } from "./manual-clock.js";
import { MemoryObjectStore } from "./memory-object-store.js";

export const dayMs = 86_400_000;

/** An immutable repository in memory, in a store with a clock of its own, that counts what is asked of its locks. */
export class LockBed extends DedupBed {
  readonly storeClock = new ManualClock();
  override readonly store = new MemoryObjectStore({ versions: true, locks: true, clock: this.storeClock });
  /** Every extension of a lock: `name?version` and until when. */
  readonly extensions: { readonly object: string; readonly untilMs: number }[] = [];
  /** Called before each extension takes effect; it may throw. */
  onExtend: (name: string) => void = () => undefined;

  async createImmutable(immutability: ImmutabilityOptions = { mode: "COMPLIANCE", periodDays: 30, generationDays: 10 }): Promise<Repository> {
    const versions = await this.versions();
    const extendLock = versions.extendLock.bind(versions);
    versions.extendLock = async (name, versionId, lock, options) => {
      this.onExtend(name);
      await extendLock(name, versionId, lock, options);
      this.extensions.push({ object: `${name}?${versionId}`, untilMs: lock.until.getTime() });
    };
    return await this.create({ immutability });
  }

  async versions(): Promise<ObjectVersions> {
    const versions = await this.store.versions();
    if (versions === undefined) throw new Error("the store has versions");
    return versions;
  }

  /** Lets time pass, for the engine and the store. */
  pass(ms: number): void {
    this.clock.advance(ms);
    this.storeClock.advance(ms);
  }

  /** The end of a name's newest lock, in milliseconds; 0 where there is none. */
  async lockedUntilMs(name: string): Promise<number> {
    return (await this.store.head(name))?.lock?.until.getTime() ?? 0;
  }

  /** The keys, as a second reader of the format would get them. */
  async keys(): Promise<KeyRing> {
    const [name = ""] = this.names("keys/");
    const slot = decodeKeySlot((await this.store.get(name)).body, name);
    const root = await openSlot(slot, { kind: "raw", key });
    if (root === undefined) throw new Error("the key opens the slot");
    return new KeyRing(root, Buffer.from(slot.repositoryId, "hex"));
  }

  /** Withdraws a restore point, and replaces its records by tombstones, locked beyond what they replace (docs/repository-format.md, sections 6, 11 and 14). */
  async withdraw(point: RestorePoint): Promise<void> {
    const keys = await this.keys();
    const name = groupNameOf(point.id);
    const { members } = openGroupState(keys, name, (await this.store.get(name)).body).structure;
    const now = this.storeClock.now();
    const lock = { mode: "COMPLIANCE" as const, until: new Date(now.getTime() + 40 * dayMs) };
    await this.store.put(name, sealWithdrawnGroup(keys, name, { id: name.slice(name.lastIndexOf("/") + 1), withdrawnAt: now.toISOString(), members }), { lock });
    for (const { stream, sequence, hash } of members) {
      const record = objectNames.record(stream, sequence);
      await this.store.put(record, sealTombstone(keys, record, { stream, sequence, hash, createdAt: now.toISOString() }), { lock });
    }
  }
}

/** Opens the repository in the bed's store anew. */
export async function pointsOf(repository: Repository): Promise<RestorePoint[]> {
  const points: RestorePoint[] = [];
  for await (const point of repository.restorePoints()) points.push(point);
  return points;
}
