import { gbBytes } from "../../prices/s3-prices.js";
import type { AwsPrices } from "../../prices/aws-prices.js";
import { scaleRequests } from "../../repository/requests/request-counts.js";
import type { RetentionFlag } from "../../retention/retention-plan.js";
import type { ResolvedPolicyOptions } from "../policy-options.js";
import { closingRequests, removalRequests } from "./assumed.js";
import type { AssumedValues } from "./assumed-values.js";
import { chargeEndpoints, chargeRequests, chargeSnapshots, chargeWork, overheadOf } from "./charges.js";
import { Ledger, totalOf } from "./ledger.js";
import type { EstimatedMonth } from "./policy-estimate.js";
import { ProjectedStore, type StoredNow } from "./projected-store.js";
import type { MeasuredRequests } from "./run-history.js";
import type { ProtectedWork } from "./workload.js";

/** What a projection goes by. */
export interface Projection {
  readonly options: ResolvedPolicyOptions;
  readonly now: Date;
  readonly months: number;
  readonly prices: readonly AwsPrices[];
  readonly values: AssumedValues;
  readonly workload: readonly ProtectedWork[];
  readonly requests: Pick<MeasuredRequests, "perResource"> & { readonly perCopy: NonNullable<MeasuredRequests["perCopy"]> };
  readonly repository: StoredNow;
  readonly archive: StoredNow | undefined;
  readonly kmsRequestsPerRun: number;
  readonly runsIn: (from: Date, to: Date) => readonly Date[];
}

/** Goes through the runs of the coming months one by one, with what each makes and removes. */
export function projectMonths(projection: Projection): EstimatedMonth[] {
  const future = new Future(projection);
  return Array.from({ length: projection.months }, (_, month) => future.month(addMonths(projection.now, month), addMonths(projection.now, month + 1)));
}

/** The state of things between two runs. */
class Future {
  readonly #projection: Projection;
  readonly #repository: ProjectedStore;
  readonly #archive: ProjectedStore | undefined;
  readonly #archived: Set<number>;
  /** What all resources together store in a run, and of that what comes free with a removed point. */
  readonly #nextStored: number;
  readonly #freedBytes: number;
  /** When the points were made that were there at the beginning, and those since. */
  readonly #runTimes: number[];
  #runsSinceCopy: number;
  #isFirst = true;

  constructor(projection: Projection) {
    const { repository, archive, workload, values } = projection;
    this.#projection = projection;
    this.#repository = new ProjectedStore(repository);
    this.#archive = archive && new ProjectedStore(archive);
    this.#archived = new Set(archive?.pointTimes.map((at) => at.getTime()));
    this.#nextStored = workload.reduce((total, { next }) => total + next.storedBytes, 0);
    this.#freedBytes = this.#nextStored * values.freedShare;
    this.#runTimes = repository.pointTimes.map((at) => at.getTime());
    const copiedMs = Math.max(...this.#archived);
    this.#runsSinceCopy = repository.pointTimes.filter((at) => at.getTime() > copiedMs).length;
  }

  month(from: Date, to: Date): EstimatedMonth {
    const { options, prices, values, runsIn } = this.#projection;
    const ledger = new Ledger(prices);
    const lengthMs = to.getTime() - from.getTime();
    const runs = runsIn(from, to);
    let atMs = from.getTime();
    for (const at of runs) {
      this.#pass(ledger, (at.getTime() - atMs) / lengthMs);
      atMs = at.getTime();
      this.#run(ledger, at);
    }
    this.#pass(ledger, (to.getTime() - atMs) / lengthMs);
    chargeEndpoints(ledger, options, new Set(this.#projection.workload.map(({ region }) => region)), lengthMs / msPerHour);
    for (const region of options.regions) ledger.add({ item: "ebs-puts", region, quantity: (values.restoredGbPerMonth * blocksPerGb) / options.regions.length });
    const { lines } = ledger;
    return { from: from.toISOString(), to: to.toISOString(), runs: runs.length, lines, usd: totalOf(lines) };
  }

  /** Time passes: what is stored is paid for. */
  #pass(ledger: Ledger, share: number): void {
    const { options, prices, workload } = this.#projection;
    const place = options.repository.storage;
    this.#repository.charge(ledger, "repository-storage", place, share, overheadOf(place, prices));
    if (options.archive !== undefined) this.#archive?.charge(ledger, "archive-storage", options.archive.repository.storage, share, overheadOf(options.archive.repository.storage, prices));
    chargeSnapshots(ledger, options, workload, { share, points: this.#repository.points.length, runsWithin: (days) => this.#runsWithin(days) });
  }

  /** Also those of which the point is gone: its snapshots stay until their lock is over, to the first run after that. */
  #runsWithin(days: number): number {
    const sinceMs = (this.#runTimes.at(-1) ?? 0) - days * dayMs;
    return this.#runTimes.filter((ms) => ms >= sinceMs).length;
  }

  #run(ledger: Ledger, at: Date): void {
    const { options, workload, requests, values, kmsRequestsPerRun } = this.#projection;
    const place = options.repository.storage;
    const works = workload.map(({ isKnown, first, next }) => (this.#isFirst && !isKnown ? first : next));
    for (const work of works) chargeWork(ledger, options, work);
    this.#runTimes.push(at.getTime());
    this.#isFirst = false;
    const stored = works.reduce((total, { storedBytes }) => total + storedBytes, 0);
    const { removed, flagged } = this.#repository.add(at, stored, workload.length, { retention: options.retention, freedBytes: this.#freedBytes, freedShare: values.freedShare });
    chargeRequests(ledger, place, "repository", scaleRequests(requests.perResource.repository, workload.length));
    chargeRequests(ledger, place, "repository", scaleRequests(removalRequests, removed * workload.length));
    chargeRequests(ledger, place, "repository", closingRequests);
    ledger.add({ item: "kms-requests", region: place.region ?? options.homeRegion, quantity: kmsRequestsPerRun });
    this.#runsSinceCopy++;
    this.#copy(ledger, flagged);
  }

  /** What goes into the archive. */
  #copy(ledger: Ledger, flagged: ReadonlyMap<number, readonly RetentionFlag[]>): void {
    const { options, workload, requests, values } = this.#projection;
    if (this.#archive === undefined || options.archive === undefined) return;
    const { flags, retention, repository } = options.archive;
    const [from, to] = [options.repository.storage, repository.storage];
    const measured = this.#projection.archive?.incrementBytes;
    chargeRequests(ledger, to, "archive", scaleRequests(requests.perResource.archive, workload.length));
    for (const [atMs, carried] of flagged) {
      if (this.#archived.has(atMs) || !carried.some((flag) => flags.has(flag))) continue;
      const all = workload.reduce((total, { first }) => total + first.storedBytes, 0);
      // the first copy is of all data; a later one is of what changed since, of which the same blocks again and again count once
      const bytes = this.#archive.points.length === 0 ? Math.min(this.#repository.dataBytes, all) : (measured ?? this.#nextStored * (1 + (this.#runsSinceCopy - 1) * (1 - values.repeatedShare)));
      this.#archived.add(atMs);
      this.#runsSinceCopy = 0;
      const { removed } = this.#archive.add(new Date(atMs), bytes, workload.length, { retention, freedBytes: this.#freedBytes, freedShare: values.freedShare });
      chargeRequests(ledger, from, "repository", scaleRequests(requests.perCopy.repository, workload.length));
      chargeRequests(ledger, to, "archive", scaleRequests(requests.perCopy.archive, workload.length));
      chargeRequests(ledger, to, "archive", scaleRequests(removalRequests, removed * workload.length));
      if (from.region !== undefined && to.region !== undefined && from.region !== to.region) ledger.add({ item: "transfer", region: from.region, detail: `to ${to.region}`, quantity: bytes / gbBytes });
    }
  }
}

const msPerHour = 3_600_000;
const dayMs = 24 * msPerHour;
const blocksPerGb = 2_048;

/** The same day and time some months later, or that month's last day; by UTC, as AWS bills. */
function addMonths(at: Date, months: number): Date {
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth() + months];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Date.UTC(year, month, Math.min(at.getUTCDate(), lastDay));
  return new Date(day + (at.getTime() % dayMs));
}
