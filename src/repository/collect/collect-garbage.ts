import { ConflictError } from "../../errors/index.js";
import { removeStrayDirectories } from "../archive/remove-stray-directories.js";
import type { CondemnedPack } from "../format/condemned-list.js";
import { objectNames } from "../format/object-names.js";
import { markRelocated } from "../relocation/mark-relocated.js";
import { listSessions } from "../leases/list-sessions.js";
import { sweep } from "./sweep.js";
import type { SweepReport } from "./sweep-report.js";
import { SessionWatch } from "../leases/session-watch.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { collectOnWorker } from "./collect-on-worker.js";
import { removeStrayVerifications } from "../verified/point-verifications.js";
import { awaitSessions, endLateSessions, type SessionRules } from "./await-sessions.js";
import { findCandidates, type Candidates } from "./candidates.js";
import { resolveCollectOptions, type CollectOptions, type ResolvedCollectOptions } from "./collect-options.js";
import type { PackAmount } from "../pack/pack-amount.js";
import type { CollectReport } from "./collect-report.js";
import { concludeEpoch } from "./conclude-epoch.js";
import { Collection } from "./condemn.js";
import { newestEpoch, readEpoch, readLists } from "./condemned-packs.js";
import { listPointGroups, type LiveRecord } from "./live-records.js";
import { StreamMark } from "./mark-record.js";
import { markLive } from "./mark-live.js";
import { minimumStorageRule } from "./minimum-storage-rule.js";
import { PackListing } from "./pack-listing.js";
import { PackSet } from "../pack/pack-set.js";
import { removeCheckpoints } from "./remove-checkpoints.js";
import { listRelocatedPacks, removeNotes } from "./remove-notes.js";
import { judgeRecord, retireRecords, type DoomedRecord } from "./retire-records.js";
import { noteCollection } from "./note-collection.js";

/** So much is freed without asking whether it is a suspicious share of all: a small repository may well be mostly garbage. */
const unquestionedBytes = 10 * 2 ** 30;

const nothing: PackAmount = { packs: 0, bytes: 0 };

/** What this very collection has listed and found. */
interface Found {
  readonly listing: PackListing;
  readonly candidates: Candidates;
}

type Counts = { -readonly [Name in "rescued" | "retiredRecords" | "orphans" | "fencedSessions"]: number };

/**
 * Removes what no restore point needs (docs/repository-format.md, section 11). Any number of collections, backups, restores and
 * removals may run at once; one that was stopped anywhere is finished by the next.
 */
export async function collectGarbage(context: RepositoryContext, options: CollectOptions = {}): Promise<CollectReport> {
  const resolved = resolveCollectOptions(options);
  if (resolved.workers !== undefined) return await collectOnWorker(context, resolved.workers, options);
  const report = await new GarbageCollection(context, resolved).run();
  if (!resolved.dryRun) {
    await removeStrayDirectories(context, { signal: resolved.signal });
    await removeStrayVerifications(context, { signal: resolved.signal });
    await removeCheckpoints(context, { signal: resolved.signal, olderThan: new Date(context.clock.now().getTime() - resolved.graceMs) });
  }
  return report;
}

class GarbageCollection {
  readonly #context: RepositoryContext;
  readonly #options: ResolvedCollectOptions;
  readonly #collection: Collection;
  readonly #watch: SessionWatch;
  readonly #signal: SignalOptions;
  readonly #counts: Counts = { rescued: 0, retiredRecords: 0, orphans: 0, fencedSessions: 0 };
  readonly #reached = new PackSet();
  /** By stream: the last record that was marked. */
  readonly #seen = new Map<string, number>();
  /** How many packs the epoch condemned that this run decides. */
  #condemned = 0;
  /** Whether all that live records reach is marked. */
  #isMarked = false;
  #swept: SweepReport | undefined;

  constructor(context: RepositoryContext, options: ResolvedCollectOptions) {
    this.#context = context;
    this.#options = options;
    this.#collection = new Collection(context);
    this.#watch = new SessionWatch(context);
    this.#signal = { signal: options.signal };
  }

  async run(): Promise<CollectReport> {
    const epoch = await newestEpoch(this.#context, 0, this.#signal);
    const isOpen = epoch > 0 && (await this.#context.store.head(objectNames.collectionDone(epoch), this.#signal)) === undefined;
    if (isOpen && !this.#options.dryRun) return await this.#decideAndDelete(epoch, undefined);
    if (!this.#options.dryRun) await endLateSessions(this.#context, 0, this.#sessionRules);
    const listing = await PackListing.read(this.#context, this.#signal);
    const candidates = await this.#findGarbage(listing);
    const isNothing = candidates.amount.packs === 0 && candidates.ghosts === 0;
    if (this.#options.dryRun || isNothing) {
      if (!this.#options.dryRun) await this.#sweep();
      return this.#report({ status: isNothing ? "nothing" : "done", epoch: undefined, freed: candidates.amount, listing, candidates });
    }
    this.#refuseTooMuch(candidates, listing);
    const lists = await this.#collection.putLists(epoch + 1, candidates.condemned(), this.#signal);
    if (!(await this.#collection.decide("epoch", epoch + 1, lists, this.#signal))) {
      return this.#report({ status: "elsewhere", epoch: epoch + 1, freed: nothing, listing, candidates });
    }
    return await this.#decideAndDelete(epoch + 1, { listing, candidates });
  }

  get #sessionRules(): SessionRules {
    return { ...this.#signal, watch: this.#watch, collection: this.#collection.id, onFenced: () => this.#counts.fencedSessions++ };
  }

  /** Steps 2 to 4: lists, retires what was removed, marks, and tells what nothing reaches. */
  async #findGarbage(listing: PackListing): Promise<Candidates> {
    const { dryRun, graceMs, orphanMs } = this.#options;
    const sessions = await listSessions(this.#context, this.#signal);
    const points = await listPointGroups(this.#context, this.#signal);
    const now = await this.#now();
    const rule = { orphanMs, nowMs: now.getTime() };
    const doomed: DoomedRecord[] = [];
    await markLive(this.#context, this.#reached, this.#seen, {
      ...this.#signal,
      isRoot: async (record) => {
        const reason = await judgeRecord(this.#context, record, points, rule, this.#signal);
        if (reason !== undefined) doomed.push({ record, reason });
        return reason === undefined;
      },
    });
    const { retired, withdrawnNames, spared } = await retireRecords(this.#context, doomed, { dryRun, ...this.#signal });
    this.#counts.retiredRecords += retired;
    this.#counts.orphans += withdrawnNames;
    await this.#mark(spared);
    await markRelocated(this.#context, this.#reached, this.#signal);
    this.#isMarked = true;
    const relocated = await listRelocatedPacks(this.#context, this.#signal);
    return findCandidates(listing, {
      reached: this.#reached,
      sessions: new Set(sessions.map(({ id }) => id)),
      relocated,
      graceMs,
      nowMs: now.getTime(),
      keeps: minimumStorageRule(this.#context.store.storageClass, now),
    });
  }

  /** By the clock that stamps the objects, where it tells: ages are those of one clock. */
  async #now(): Promise<Date> {
    const { clock } = this.#context;
    return this.#options.dryRun ? clock.now() : ((await noteCollection(this.#context, this.#collection.id, this.#signal)) ?? clock.now());
  }

  async #mark(records: readonly LiveRecord[]): Promise<void> {
    const mark = new StreamMark(this.#context, this.#reached);
    for (const { name, structure } of records) await mark.add(name, structure, this.#signal);
  }

  #refuseTooMuch({ amount }: Candidates, listing: PackListing): void {
    const share = amount.bytes / Math.max(1, listing.sizeBytes);
    if (amount.bytes <= unquestionedBytes || share <= this.#options.maxFreedShare) return;
    throw new ConflictError(
      `This collection would free ${String(Math.round(share * 100))} % of the repository (${String(amount.packs)} packs), more than ${String(Math.round(this.#options.maxFreedShare * 100))} %. Nothing was condemned. If so much was removed on purpose, run it with a larger maxFreedShare; if not, verify the repository first.`,
      { code: "TooMuchToFree", context: { packs: amount.packs, bytes: amount.bytes } },
    );
  }

  /** Steps 6 to 10, of this collection or of one that was stopped. */
  async #decideAndDelete(epoch: number, found: Found | undefined): Promise<CollectReport> {
    const unneeded = new PackSet();
    const conclusion = await concludeEpoch(this.#context, this.#collection, epoch, {
      ...this.#signal,
      decide: async () => await this.#decide(epoch),
      // of a pack that was compacted, the relocations are what is left
      onDeleted: ({ id, isRelocated }) => {
        if (!isRelocated) unneeded.add(id);
      },
      beforeDone: async () => { await removeNotes(this.#context, unneeded, this.#signal); },
    });
    if (conclusion.status !== "done") return this.#report({ status: conclusion.status, epoch, freed: nothing, ...found });
    const packs = Math.max(0, conclusion.deleted - (found?.candidates.ghosts ?? 0));
    if (this.#condemned > 0) this.#counts.rescued = this.#condemned - sum(conclusion.final.lists);
    await this.#sweep();
    return this.#report({ status: "done", epoch, freed: { packs, bytes: found?.candidates.amount.bytes ?? 0 }, ...found });
  }

  /** Once every session has looked: what is still reached by nothing. */
  async #decide(epoch: number): Promise<AsyncIterable<CondemnedPack> | undefined> {
    const condemned = await readEpoch(this.#context, epoch, this.#signal);
    this.#condemned = sum(condemned.lists);
    if (!(await awaitSessions(this.#context, epoch, { ...this.#sessionRules, waitMs: this.#options.waitMs }))) return undefined;
    await markLive(this.#context, this.#reached, this.#seen, this.#signal);
    await markRelocated(this.#context, this.#reached, this.#signal);
    this.#isMarked = true;
    return this.#unreached(readLists(this.#context, condemned, this.#signal));
  }

  /** In a versioned bucket, removes for good what the engine itself left behind; what live records reach is known where this run has marked it. */
  async #sweep(): Promise<void> {
    if (this.#isMarked && this.#context.store.versions !== undefined) this.#swept = await sweep(this.#context, { ...this.#signal, reached: this.#reached });
  }

  async *#unreached(packs: AsyncIterable<CondemnedPack>): AsyncGenerator<CondemnedPack> {
    for await (const pack of packs) if (!this.#reached.has(pack.id)) yield pack;
  }

  #report({ status, epoch, freed, listing, candidates }: Pick<CollectReport, "status" | "epoch" | "freed"> & Partial<Found>): CollectReport {
    return {
      dryRun: this.#options.dryRun,
      status,
      epoch,
      stored: listing === undefined ? undefined : { packs: listing.size, bytes: listing.sizeBytes },
      freed,
      kept: candidates?.kept ?? {},
      swept: this.#swept,
      ...this.#counts,
    };
  }
}

function sum(lists: readonly { readonly count: number }[]): number {
  return lists.reduce((total, { count }) => total + count, 0);
}
