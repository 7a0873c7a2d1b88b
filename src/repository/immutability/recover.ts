import { HoldfastError, IllegalStateError } from "../../errors/index.js";
import { damageOf } from "../store/damage-errors.js";
import type { PackReference } from "../format/dictionary-page.js";
import { openGroup } from "../format/group.js";
import { objectNames } from "../format/object-names.js";
import { pointId } from "../format/point-id.js";
import type { RepositoryContext } from "../repository-context.js";
import { concurrently } from "../../concurrency/concurrently.js";
import { readStoreTime } from "../locks/read-store-time.js";
import { livingRecords, type LivingRecord } from "./living-records.js";
import { namedVersions, versionsOf, type NamedVersions } from "../locks/named-versions.js";
import { isDamage } from "../store/damage.js";
import { reachedPacks } from "./reached-packs.js";
import { hideForeign, recoverName, recoverPack, type RecoverParts } from "./recover-name.js";
import { RecoverTally, type LostObject, type RecoverOptions, type RecoverReport } from "./recover-report.js";
import { StandingRelocations } from "./standing-relocations.js";
import { standsFor } from "../locks/stands-for.js";

/** Names worked on at the same time. */
const maxInFlight = 16;

/**
 * Undoes what somebody did to a repository in a versioned bucket who could do everything but bypass its locks: delete markers,
 * overwrites with whatever bytes, older states on top. Each name becomes again what the repository wrote last under it; what
 * was withdrawn stays withdrawn. It asks for what is there and does what is missing: run again, it goes on where it was ended.
 */
export async function recover(context: RepositoryContext, options: RecoverOptions = {}): Promise<RecoverReport> {
  // what is authentic is told by all of it: who cannot read metadata would take every record and group for foreign
  context.keys.assertHolds("metadata");
  const versions = await context.store.versions?.(options);
  if (versions === undefined) {
    throw new IllegalStateError(`${context.store.location} keeps no versions: what is overwritten or deleted there cannot be brought back by recover(). Only a bucket with versioning can; repository.repair({ from }) takes what is missing from a copy.`, { code: "NotVersioned", context: { location: context.store.location } });
  }
  const isDryRun = options.dryRun ?? false;
  if (!isDryRun && context.locks !== undefined) await readStoreTime(context.store, context.locks, context.random, options);
  const recovery = new Recovery({ context, versions, tally: new RecoverTally(isDryRun), isDryRun, options: { signal: options.signal } });
  return await recovery.run();
}

/** One pass over the repository: small objects first, since they tell which packs must live. */
class Recovery {
  readonly #parts: RecoverParts;
  /** Packs that live records reach, until they were met in the bucket in the version that is meant. */
  readonly #reached = new Map<string, PackReference>();
  readonly #relocations = new Set<string>();
  /** The records that are there, each by its name and hash. */
  readonly #records = new Set<string>();
  readonly #missing = new Map<string, { readonly problem: string; readonly restorePoints: Set<string> }>();

  constructor(parts: RecoverParts) {
    this.#parts = parts;
  }

  async run(): Promise<RecoverReport> {
    const { tally } = this.#parts;
    for (const prefix of [objectNames.configuration, objectNames.keySlots]) await this.#each(prefix, async (named) => await this.#recoverSmall(named));
    await this.#each(objectNames.logs, async (named) => await this.#recoverRecord(named));
    await this.#each(objectNames.groups, async (named) => await this.#recoverGroup(named));
    await this.#recoverRelocations();
    for (const prefix of [objectNames.metaPacks, objectNames.packs]) await this.#each(prefix, async (named) => await this.#recoverPack(named));
    for (const [name, { id }] of this.#reached) this.#miss(name, `the ${id.kind} pack is in no version in the bucket`);
    if ([...this.#missing.values()].some(({ restorePoints }) => restorePoints.size === 0)) await this.#findNeeding();
    return tally.report([...this.#missing].map(([object, { problem, restorePoints }]): LostObject => ({ object, problem, restorePoints: [...restorePoints] })));
  }

  /** Works on all names under a prefix; what the store refuses for one is noted and does not stop the others. */
  async #each(prefix: string, work: (named: NamedVersions) => Promise<void>): Promise<void> {
    const { versions, tally, options } = this.#parts;
    await concurrently(namedVersions(versions, prefix, options), maxInFlight, async (named) => {
      options.signal?.throwIfAborted();
      tally.objects++;
      try {
        await work(named);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!HoldfastError.isInstance(error)) throw error;
        tally.fail(named.name, damageOf(error));
      }
    });
  }

  /** The configuration or a slot. One that is not this repository's is left alone: it may be of a kind that a newer engine knows. */
  async #recoverSmall(named: NamedVersions): Promise<void> {
    const standing = await standsFor(this.#parts.context, named, this.#parts.options);
    if (standing !== undefined) await recoverName(this.#parts, named, standing);
  }

  async #recoverRecord(named: NamedVersions): Promise<void> {
    const { context, options } = this.#parts;
    const standing = await standsFor(context, named, options);
    if (standing === undefined) {
      await hideForeign(this.#parts, named);
      return;
    }
    for (const record of await livingRecords(context, named, standing, options)) await this.#reach(named.name, record);
    await recoverName(this.#parts, named, standing);
  }

  async #reach(name: string, record: LivingRecord): Promise<void> {
    const { context, options } = this.#parts;
    this.#records.add(`${name}?${record.hash}`);
    try {
      for await (const { name: pack, reference } of reachedPacks(context, record, options)) this.#reached.set(pack, reference);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#miss(name, `what this record reaches cannot be read: ${damageOf(error)}`);
    }
  }

  /** Those of packs that are reached, whose new places are reached then too. */
  async #recoverRelocations(): Promise<void> {
    const { context, versions, options, tally } = this.#parts;
    const relocations = await StandingRelocations.read(context, versions, options);
    for (const pack of [...this.#reached.keys()]) {
      for (const { named, version, body, packs } of relocations.of(pack)) {
        for (const reference of packs) this.#reached.set(objectNames.pack(reference.id), reference);
        if (this.#relocations.has(named.name)) continue;
        this.#relocations.add(named.name);
        tally.objects++;
        await recoverName(this.#parts, named, { version, body, rank: 0, isOnTop: version === named.versions[0] });
      }
    }
  }

  async #recoverGroup(named: NamedVersions): Promise<void> {
    const { context, options } = this.#parts;
    const standing = await standsFor(context, named, options);
    if (standing === undefined) {
      await hideForeign(this.#parts, named);
      return;
    }
    for (const { stream, sequence, hash } of openGroup(context.keys, named.name, standing.body)?.structure.members ?? []) {
      const record = objectNames.record(stream, sequence);
      if (!this.#records.has(`${record}?${hash}`)) this.#miss(record, "the record is in no version in the bucket", pointId(named.name));
    }
    await recoverName(this.#parts, named, standing);
  }

  async #recoverPack(named: NamedVersions): Promise<void> {
    const reference = this.#reached.get(named.name);
    if (reference === undefined) return;
    const objects = named.versions.filter(({ isDeleteMarker, sizeBytes }) => !isDeleteMarker && sizeBytes === reference.sizeBytes);
    const pinned = reference.versionId === undefined ? objects.at(-1) : objects.find(({ versionId }) => versionId === reference.versionId);
    if (pinned === undefined) return;
    this.#reached.delete(named.name);
    await recoverPack(this.#parts, named, pinned);
  }

  #miss(object: string, problem: string, restorePoint?: string): void {
    const missing = this.#missing.get(object) ?? { problem, restorePoints: new Set<string>() };
    if (restorePoint !== undefined) missing.restorePoints.add(restorePoint);
    this.#missing.set(object, missing);
  }

  /** Names the restore points that need what is lost: only then every point is looked at again. */
  async #findNeeding(): Promise<void> {
    const { context, versions, options } = this.#parts;
    await concurrently(namedVersions(versions, objectNames.groups, options), maxInFlight, async (named) => {
      const standing = await standsFor(context, named, options);
      const group = standing === undefined ? undefined : openGroup(context.keys, named.name, standing.body);
      for (const { stream, sequence, hash } of group?.structure.members ?? []) await this.#findNeeded(pointId(named.name), objectNames.record(stream, sequence), hash);
    });
  }

  async #findNeeded(restorePoint: string, name: string, hash: string): Promise<void> {
    const { context, versions, options } = this.#parts;
    this.#missing.get(name)?.restorePoints.add(restorePoint);
    const named = await versionsOf(versions, name, options);
    const standing = await standsFor(context, named, options);
    const record = standing === undefined ? undefined : (await livingRecords(context, named, standing, options)).find((one) => one.hash === hash);
    if (record === undefined) return;
    try {
      for await (const { name: pack } of reachedPacks(context, record, options)) this.#missing.get(pack)?.restorePoints.add(restorePoint);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#miss(name, damageOf(error), restorePoint);
    }
  }
}
