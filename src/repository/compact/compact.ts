import { ConflictError } from "../../errors/index.js";
import { awaitSessions } from "../collect/await-sessions.js";
import type { PackAmount } from "../pack/pack-amount.js";
import { concludeEpoch } from "../collect/conclude-epoch.js";
import { Collection } from "../collect/condemn.js";
import { newestEpoch } from "../collect/condemned-packs.js";
import { minimumStorageRule } from "../collect/minimum-storage-rule.js";
import { PackListing, type ListedPack } from "../collect/pack-listing.js";
import { isArchiveClass } from "../../prices/storage-classes.js";
import { objectNames } from "../format/object-names.js";
import { listSessions } from "../leases/list-sessions.js";
import { SessionWatch } from "../leases/session-watch.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { WriterSession } from "../writer/writer-session.js";
import { resolveCompactOptions, type CompactOptions, type ResolvedCompactOptions } from "./compact-options.js";
import type { CompactReport } from "./compact-report.js";
import { FrameMover } from "./frame-mover.js";
import { LiveFrames, type SparsePack } from "./live-frames.js";
import { relocationTargets } from "./relocation-targets.js";
import { walkFrames } from "./walk-frames.js";

const nothing: PackAmount = { packs: 0, bytes: 0 };

/**
 * Rewrites packs of which little is needed any more: the frames that live points need are copied, relocations say where they
 * lie, and the old packs are removed by a collection's steps (docs/repository-format.md, sections 11 and 12).
 */
export async function compact(context: RepositoryContext, options: CompactOptions = {}): Promise<CompactReport> {
  return await new Compaction(context, resolveCompactOptions(options)).run();
}

class Compaction {
  readonly #context: RepositoryContext;
  readonly #options: ResolvedCompactOptions;
  readonly #signal: SignalOptions;
  readonly #collection: Collection;
  /** By stream: the last record whose frames were walked. */
  readonly #seen = new Map<string, number>();
  #examined = nothing;

  constructor(context: RepositoryContext, options: ResolvedCompactOptions) {
    this.#context = context;
    this.#options = options;
    this.#signal = { signal: options.signal };
    this.#collection = new Collection(context);
  }

  async run(): Promise<CompactReport> {
    if (this.#context.locks !== undefined) {
      throw new ConflictError("This repository is immutable: its packs are locked until no point needs them, and not rewritten. A collection frees them whole.", { code: "Immutable" });
    }
    if (isArchiveClass(this.#context.store.storageClass)) {
      throw new ConflictError("The packs of this repository are archived: to rewrite them they would have to be thawed, and be paid for to the end of their minimum storage. A collection frees them whole.", { code: "Archived" });
    }
    // whoever publishes another collection in between has marked before the copies were named, and wins
    const epoch = (await this.#newestDone()) + 1;
    const sparse = await this.#findSparse();
    if (this.#options.dryRun || sparse.length === 0) {
      const written = { packs: 0, bytes: sparse.reduce((sum, { liveBytes }) => sum + liveBytes, 0) };
      return this.#report({ status: sparse.length === 0 ? "nothing" : "done", removed: amountOf(sparse), written });
    }
    // new packs are this session's: no collection takes them before the relocations name them
    const session = await WriterSession.begin(this.#context, this.#signal);
    try {
      const mover = new FrameMover(this.#context, session, this.#signal);
      const moved: SparsePack[] = [];
      for (const pack of sparse) if (await mover.add(pack)) moved.push(pack);
      await mover.finish();
      session.throwIfLost();
      return await this.#condemn(epoch, session, moved, mover.written);
    } finally {
      await session.end();
    }
  }

  async #newestDone(): Promise<number> {
    const epoch = await newestEpoch(this.#context, 0, this.#signal);
    if (epoch === 0 || (await this.#context.store.head(objectNames.collectionDone(epoch), this.#signal)) !== undefined) return epoch;
    throw new ConflictError("A collection of this repository is under way or was cut short. Run repository.collectGarbage() to its end, then compact again.", { code: "CollectionUnderWay", retryable: true });
  }

  /** Packs first, then the sessions, then the logs: what a session is storing is left alone, and what is committed is walked. */
  async #findSparse(): Promise<SparsePack[]> {
    const listing = await PackListing.read(this.#context, this.#signal);
    const sessions = new Set((await listSessions(this.#context, this.#signal)).map(({ id }) => id));
    const targets = await relocationTargets(this.#context, this.#signal);
    const now = this.#context.clock.now().getTime();
    const mustStay = minimumStorageRule(this.#context.store.storageClass, new Date(now));
    const isEligible = (pack: ListedPack): boolean =>
      pack.id.kind === "data" && !sessions.has(pack.id.sessionId) && !targets.has(pack.id) && !(pack.modifiedMs > 0 && now - pack.modifiedMs < this.#options.graceMs) && mustStay(pack) === undefined;
    const chosen = choose(listing, isEligible, this.#options.maxPacks, this.#context.random.fraction());
    this.#examined = amountOf(chosen.map((pack) => ({ pack })));
    const frames = new LiveFrames(chosen, this.#options.maxLiveShare);
    await walkFrames(this.#context, this.#seen, (pack, location) => frames.add(pack, location), this.#signal);
    return frames.sparse;
  }

  /** Publishes the old packs as condemned and relocated, waits for writers, saves those of which a new record needs more, and deletes the rest. */
  async #condemn(epoch: number, session: WriterSession, moved: readonly SparsePack[], written: PackAmount): Promise<CompactReport> {
    const lists = await this.#collection.putLists(epoch, moved.map(({ pack }) => ({ id: pack.id, isRelocated: true })), this.#signal);
    if (!(await this.#collection.decide("epoch", epoch, lists, this.#signal))) return this.#report({ status: "elsewhere", removed: nothing, written });
    // the copies' own session is a writer that nobody need wait for
    await session.catchUp(this.#signal);
    const rules = { ...this.#signal, watch: new SessionWatch(this.#context), collection: this.#collection.id, onFenced: () => undefined };
    let safe: readonly SparsePack[] = [];
    const conclusion = await concludeEpoch(this.#context, this.#collection, epoch, {
      ...this.#signal,
      decide: async () => {
        if (!(await awaitSessions(this.#context, epoch, { ...rules, waitMs: this.#options.waitMs }))) return undefined;
        safe = await this.#saveNeeded(moved);
        return safe.map(({ pack }) => ({ id: pack.id, isRelocated: true }));
      },
    });
    if (conclusion.status !== "done") return this.#report({ status: conclusion.status, removed: nothing, written });
    const isOurs = conclusion.final.collection === this.#collection.id;
    return this.#report({ status: isOurs ? "done" : "elsewhere", removed: isOurs ? amountOf(safe) : nothing, written, rescued: moved.length - safe.length });
  }

  /** Walks the records that came since: a frame that was not copied saves its pack. So does a relocation that leads into it. */
  async #saveNeeded(moved: readonly SparsePack[]): Promise<SparsePack[]> {
    const targets = await relocationTargets(this.#context, this.#signal);
    const byName = new Map(moved.filter(({ pack }) => !targets.has(pack.id)).map((sparse) => [objectNames.pack(sparse.pack.id), sparse]));
    await walkFrames(
      this.#context,
      this.#seen,
      (pack, { offset }) => {
        const name = objectNames.pack(pack);
        if (byName.get(name)?.frames.has(offset) === false) byName.delete(name);
      },
      this.#signal,
    );
    return [...byName.values()];
  }

  #report({ status, removed, written, rescued = 0 }: Pick<CompactReport, "status" | "removed" | "written"> & { readonly rescued?: number }): CompactReport {
    return { dryRun: this.#options.dryRun, status, examined: this.#examined, removed, written, rescued };
  }
}

/** At most `maxPacks` of the packs that may be rewritten, from a random place on: one run after another comes to all of them. */
function choose(listing: PackListing, isEligible: (pack: ListedPack) => boolean, maxPacks: number, fraction: number): ListedPack[] {
  const skipped = listing.size <= maxPacks ? 0 : Math.floor(fraction * listing.size);
  const chosen: ListedPack[] = [];
  const before: ListedPack[] = [];
  let position = 0;
  for (const pack of listing) {
    const isBefore = position++ < skipped;
    if (!isEligible(pack)) continue;
    if (!isBefore && chosen.length < maxPacks) chosen.push(pack);
    else if (isBefore && before.length < maxPacks) before.push(pack);
  }
  return [...chosen, ...before].slice(0, maxPacks);
}

function amountOf(packs: readonly { readonly pack: ListedPack }[]): PackAmount {
  return { packs: packs.length, bytes: packs.reduce((sum, { pack }) => sum + pack.sizeBytes, 0) };
}
