import { objectNames } from "../format/object-names.js";
import type { MapOrigin } from "../map/block-map.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { coverObject } from "./cover-object.js";
import { coverRepository } from "./cover-repository.js";
import { coverVolume, type InheritedReach } from "./cover-volume.js";
import { protectedUntilMs } from "../locks/generations.js";
import { freshTime } from "../locks/read-store-time.js";
import { cannotLock } from "../locks/repository-locks.js";

/** A volume's map as it was written, before its record is. */
export interface WrittenMap {
  readonly map: MapOrigin;
  readonly inherited: InheritedReach | undefined;
}

/** When a point is said to be of: all that it reaches is locked for that time. */
export interface CoveredTime {
  readonly createdAt: Date;
  /** Until when all that is reached is locked. Absent where the repository is not immutable. */
  readonly lockedUntilMs?: number | undefined;
}

interface CoveredVolume extends WrittenMap {
  lockedUntilMs: number;
  record: string | undefined;
}

/** A volume whose map and record are locked, as the commit needs to know it. JSON: another machine may have written it. */
export type CoveredMap = Readonly<CoveredVolume>;

/**
 * The locks of one restore point in the making. Each time it says of itself is one that its locks were made for: a record's
 * when it is written, and the group's, before which nothing is a point. In a repository that is not immutable it tells the time.
 */
export class PointCover {
  readonly #context: RepositoryContext;
  readonly #volumes: CoveredVolume[] = [];

  constructor(context: RepositoryContext) {
    this.#context = context;
  }

  /** At the begin of a run, with the name of its lease that was just put: raises where the repository cannot be written here, and takes the store's time. */
  async begin(leaseName: string, options: SignalOptions = {}): Promise<void> {
    const { store, locks, isReadOnly } = this.#context;
    if (isReadOnly === true) throw cannotLock(store.location);
    await locks?.time.readOff(leaseName, options);
  }

  /** Before a volume's record: locks all packs that its map reaches. */
  async coverVolume(written: WrittenMap, options: SignalOptions = {}): Promise<CoveredTime & { readonly volume: number }> {
    const { locks, clock } = this.#context;
    const createdAt = locks?.time.now() ?? clock.now();
    if (locks === undefined) return { createdAt, volume: -1 };
    const lockedUntilMs = await coverVolume(this.#context, locks, written, createdAt.getTime(), options);
    const volume = this.#volumes.push({ ...written, lockedUntilMs, record: undefined }) - 1;
    return { createdAt, lockedUntilMs, volume };
  }

  /** After the record was put. */
  noteRecord(volume: number, stream: string, sequence: number): void {
    const covered = this.#volumes[volume];
    if (covered !== undefined) covered.record = objectNames.record(stream, sequence);
  }

  /** The volumes covered so far. */
  covered(): readonly CoveredMap[] {
    return this.#volumes;
  }

  /** Takes in a volume that was covered elsewhere; raises where the repository cannot be written here. */
  async adopt(volume: CoveredMap | undefined, options: SignalOptions = {}): Promise<void> {
    const { store, isReadOnly } = this.#context;
    if (isReadOnly === true) throw cannotLock(store.location);
    await freshTime(this.#context, options);
    if (volume !== undefined) this.#volumes.push({ ...volume });
  }

  /** Before the group: where a generation ended since a record was written, its volume's packs and the record are extended for the next. */
  async coverPoint(options: SignalOptions = {}): Promise<{ readonly createdAt: Date; readonly protectedUntil?: string }> {
    const { locks, clock } = this.#context;
    if (locks === undefined) return { createdAt: clock.now() };
    const createdAt = locks.time.now();
    const pointMs = createdAt.getTime();
    const needMs = protectedUntilMs(locks.rules, pointMs);
    await coverRepository(this.#context, locks, pointMs, options);
    for (const volume of this.#volumes) {
      if (volume.lockedUntilMs >= needMs) continue;
      volume.lockedUntilMs = await coverVolume(this.#context, locks, volume, pointMs, options);
      if (volume.record !== undefined) await coverObject(this.#context, locks, { name: volume.record, versionId: undefined }, pointMs, options);
    }
    return { createdAt, protectedUntil: new Date(needMs).toISOString() };
  }
}
