import { HoldfastError } from "../../errors/index.js";
import type { ObjectVersion, ObjectVersions } from "../../ports/index.js";
import { objectNames, packIdOf } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { StreamMark } from "./mark-record.js";
import { PackSet } from "../pack/pack-set.js";
import { concurrently } from "../../concurrency/concurrently.js";
import { markRelocated } from "../relocation/mark-relocated.js";
import { readStoreTime } from "../locks/read-store-time.js";
import { livingRecords } from "../immutability/living-records.js";
import { namedVersions, type NamedVersions } from "../locks/named-versions.js";
import { standsFor } from "../locks/stands-for.js";
import type { SweepOptions, SweepReport } from "./sweep-report.js";

/** Names worked on at the same time. */
const maxInFlight = 16;
const dayMs = 86_400_000;
/** For so long a deletion of packs, records and groups can be undone by removing the delete marker. */
const undoMs = 7 * dayMs;
/** What is rewritten all the time has no use for its past; a day lets one look at what went on. */
const rewrittenMs = dayMs;

/** What is rewritten or removed as a matter of course, and never locked. The steps of collections are not among it: the newest must be known for ever. */
const rewrittenPrefixes = [objectNames.sessions, "idx/", objectNames.warmDirectories, objectNames.checkpoints, objectNames.condemnedLists, objectNames.collectionLease, "verify/", "quarantine/", objectNames.runs, objectNames.allVerifications, objectNames.probes];

/**
 * Removes for good, in a versioned bucket, what the engine itself leaves behind: older versions of leases, runs of the index
 * and the like; packs that a collection removed, and the states of records and groups that were withdrawn, each once its lock
 * and the seven days in which it could be undone are over. What live records reach is never touched, whoever deleted it; who has
 * just marked that gives it as `reached`.
 */
export async function sweep(context: RepositoryContext, options: SweepOptions & { readonly reached?: PackSet | undefined } = {}): Promise<SweepReport> {
  const versions = await context.store.versions?.(options);
  const { dryRun: isDryRun = false, signal } = options;
  if (versions === undefined) return { isDryRun, hasVersions: false, ...newCounts() };
  if (context.locks !== undefined) await readStoreTime(context.store, context.locks, context.random, { signal });
  const broom = new Broom(versions, (context.locks?.time.now() ?? context.clock.now()).getTime(), isDryRun, { signal });
  for (const prefix of rewrittenPrefixes) await broom.each(prefix, rewrittenMs, pastOf);
  for (const prefix of [objectNames.logs, objectNames.groups]) await broom.each(prefix, undoMs, async (named) => await outlivedOf(context, named, { signal }));
  const reached = options.reached ?? (await findReached(context, versions, { signal }));
  // what has no pack's name is not the engine's
  const isReached = (name: string): boolean => {
    const id = packIdOf(name);
    return id === undefined || reached.has(id);
  };
  for (const prefix of [objectNames.metaPacks, objectNames.packs]) await broom.each(prefix, undoMs, (named) => (isReached(named.name) ? undefined : deletedOf(named)));
  return { isDryRun, hasVersions: true, ...broom.counts };
}

type SweepCounts = { -readonly [Name in Exclude<keyof SweepReport, "isDryRun" | "hasVersions">]: number };

function newCounts(): SweepCounts {
  return { removedVersions: 0, removedDeleteMarkers: 0, removedBytes: 0, lockedVersions: 0, youngVersions: 0 };
}

/** Removes versions for good, and counts them; of a dry run it only counts. */
class Broom {
  readonly counts = newCounts();
  readonly #versions: ObjectVersions;
  readonly #nowMs: number;
  readonly #isDryRun: boolean;
  readonly #options: SignalOptions;

  constructor(versions: ObjectVersions, nowMs: number, isDryRun: boolean, options: SignalOptions) {
    this.#versions = versions;
    this.#nowMs = nowMs;
    this.#isDryRun = isDryRun;
    this.#options = options;
  }

  /** Of each name, removes the versions from that on which `firstOf` names, where they have been of no use for so long. */
  async each(prefix: string, minAgeMs: number, firstOf: (named: NamedVersions) => Promise<number | undefined> | number | undefined): Promise<void> {
    await concurrently(namedVersions(this.#versions, prefix, this.#options), maxInFlight, async (named) => {
      this.#options.signal?.throwIfAborted();
      const first = await firstOf(named);
      if (first !== undefined) await this.#removeFrom(named, first, minAgeMs);
    });
  }

  /** Oldest first, so that one that is cut short never brings back what was deleted. */
  async #removeFrom({ name, versions: all }: NamedVersions, first: number, minAgeMs: number): Promise<void> {
    for (let position = all.length - 1; position >= first; position--) {
      const leftover = all[position];
      if (leftover === undefined) return;
      // a version is of no use since the next one came; a delete marker on top since it is there
      const since = all[Math.max(0, position - 1)]?.modifiedAt;
      if (since === undefined || this.#nowMs - since.getTime() < minAgeMs) {
        this.counts.youngVersions += position - first + 1;
        return;
      }
      if (!(await this.#remove(name, leftover))) {
        this.counts.lockedVersions++;
        return;
      }
      if (leftover.isDeleteMarker) this.counts.removedDeleteMarkers++;
      else this.counts.removedVersions++;
      this.counts.removedBytes += leftover.sizeBytes;
    }
  }

  async #remove(name: string, { versionId, isDeleteMarker }: ObjectVersion): Promise<boolean> {
    if (this.#isDryRun) {
      const lock = isDeleteMarker ? undefined : await this.#versions.lockOf(name, versionId, this.#options);
      return lock === undefined || lock.until.getTime() <= this.#nowMs;
    }
    try {
      await this.#versions.delete(name, versionId, this.#options);
      return true;
    } catch (error) {
      if (!(HoldfastError.isInstance(error) && error.code === "ObjectLocked")) throw error;
      return false;
    }
  }
}

/** Where the past of a name begins: behind the object as it is now; all of it where it was deleted. */
function pastOf({ versions }: NamedVersions): number {
  return versions[0]?.isDeleteMarker === true ? 0 : 1;
}

/** The whole of a name that was deleted; nothing where it is there. */
function deletedOf({ versions }: NamedVersions): number | undefined {
  return versions[0]?.isDeleteMarker === true ? 0 : undefined;
}

/** The states of a record or group from before it was withdrawn, where that is what its name stands for. What anybody else put there is no leftover of the engine's. */
async function outlivedOf(context: RepositoryContext, named: NamedVersions, options: SignalOptions): Promise<number | undefined> {
  const [newest] = named.versions;
  if (named.versions.length < 2 || newest?.isDeleteMarker !== false) return undefined;
  const standing = await standsFor(context, named, options);
  return standing?.version === newest && standing.rank > 0 ? 1 : undefined;
}

/** The packs that the records in all logs reach, in whichever version the records lie. A record that cannot be read stops the sweep. */
async function findReached(context: RepositoryContext, versions: ObjectVersions, options: SignalOptions): Promise<PackSet> {
  const reached = new PackSet();
  await concurrently(streamsOf(namedVersions(versions, objectNames.logs, options)), maxInFlight, async (stream) => {
    const mark = new StreamMark(context, reached);
    for (const named of stream) {
      const standing = await standsFor(context, named, options);
      const records = standing === undefined ? [] : await livingRecords(context, named, standing, options);
      for (const { structure } of records) await mark.add(named.name, structure, options);
    }
  });
  await markRelocated(context, reached, options);
  return reached;
}

/** The names of each log together. */
async function* streamsOf(names: AsyncIterable<NamedVersions>): AsyncGenerator<NamedVersions[]> {
  let stream: NamedVersions[] = [];
  const folderOf = (named: NamedVersions | undefined): string | undefined => named?.name.slice(0, named.name.lastIndexOf("/"));
  for await (const named of names) {
    if (stream.length > 0 && folderOf(stream[0]) !== folderOf(named)) {
      yield stream;
      stream = [];
    }
    stream.push(named);
  }
  if (stream.length > 0) yield stream;
}
