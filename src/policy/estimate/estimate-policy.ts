import { blockSizeBytes, type CallOptions } from "../../ports/index.js";
import { pricesOf } from "../../prices/aws-prices.js";
import { printable } from "../../printing/printable.js";
import type { Repository } from "../../repository/repository.js";
import { planPolicy } from "../plan-policy.js";
import { reachAccounts } from "../selection/reach-accounts.js";
import type { ResolvedPolicyOptions } from "../policy-options.js";
import { assumedPackBytes, assumedPointBytes, assumedRequests } from "./assumed.js";
import { assumedValues, type AssumedValues } from "./assumed-values.js";
import { resolveEstimateOptions, type EstimateOptions, type ResolvedEstimateOptions } from "./estimate-options.js";
import { costOfRun } from "./past-runs.js";
import type { CostLine, EstimateAssumption, PolicyEstimate } from "./policy-estimate.js";
import { printEstimate } from "./print-estimate.js";
import { projectMonths } from "./project-months.js";
import type { StoredNow } from "./projected-store.js";
import { readHistory, type PastVolume, type RunHistory } from "./run-history.js";
import { workloadOf } from "./workload.js";

const dayMs = 86_400_000;
/** So many of the newest runs are in an estimate. */
const shownRuns = 10;

/** What a policy will cost: from what its runs and its repository measured, and from assumptions elsewhere. Makes nothing. */
export async function estimatePolicy(options: ResolvedPolicyOptions, now: Date, given: EstimateOptions): Promise<PolicyEstimate> {
  const resolved = resolveEstimateOptions(given);
  const { months, historyDays, prices, signal } = resolved;
  // an account that is left out would make the policy look cheaper than it is
  const [unreached] = (await reachAccounts(options.accounts, { signal })).unreachable;
  if (unreached !== undefined) throw unreached.error;
  const { resources: planned } = await planPolicy({ ...options, retention: undefined, archive: undefined }, now, { signal });
  const history = await readHistory(options, new Date(now.getTime() - historyDays * dayMs), { signal });
  const repository = await storedNow(options.repository, options.name, { signal });
  const archive = options.archive && (await storedNow(options.archive.repository, options.name, { signal, like: repository.representative }));
  const values = valuesOf(options, resolved, history, repository, planned.length);
  const runsIn = runsOf(options, values);
  const runs = runsIn(now, new Date(now.getTime() + 30 * dayMs)).length;
  const workload = workloadOf(options, planned, { history, known: repository.known, values, daysBetweenRuns: 30 / Math.max(1, runs) });
  const requests = { perResource: history.requests?.perResource ?? assumedRequests.perResource, perCopy: history.requests?.perCopy ?? assumedRequests.perCopy };
  const kmsRequestsPerRun = await kmsRequests(options.repository, { signal });
  const estimated = projectMonths({ options, now, months, prices, values, workload, requests, repository, archive, kmsRequestsPerRun, runsIn });
  const lastRuns = history.runs.slice(-shownRuns).flatMap(({ record, result }) => (result === undefined ? [] : [costOfRun(options, record, result, prices)]));
  const lines = [...estimated, ...lastRuns].flatMap((period) => period.lines);
  return printable<PolicyEstimate>({
    policy: options.name,
    at: now.toISOString(),
    currency: "USD",
    resources: planned.length,
    months: estimated,
    assumptions: [...values.told, ...toldBeside(history, { scaled: workload.length, points: repository.points, isArchived: archive !== undefined })],
    prices: pricesUsed(lines, resolved),
    unpriced: [...new Set(lines.filter(({ usdPerUnit }) => usdPerUnit === undefined).map(({ item, region, detail }) => `${item} ${region}${detail === undefined ? "" : ` ${detail}`}`))],
    lastRuns,
  }, printEstimate);
}

interface MeasuredStore extends StoredNow {
  /** Of each resource that has points of the policy, the data of its newest. */
  readonly known: ReadonlyMap<string, { readonly dataBytes: number }>;
  /** The resource whose points stand for those of all. */
  readonly representative: string | undefined;
  readonly points: number;
  /** What all points of the repository added, as far as they are there. */
  readonly addedBytes: number;
  readonly storedBytes: number;
}

/** What lies in a repository: of what several policies store there, this one's share by what its points added. */
async function storedNow(repository: Repository, policy: string, { signal, like }: CallOptions & { readonly like?: string | undefined }): Promise<MeasuredStore> {
  const { points, whole } = await repository.statistics({ signal });
  const own = new Set<string>();
  for await (const point of repository.pointFacts({ signal })) if (point.policy === policy) own.add(point.id);
  const ofPolicy = points.filter(({ point }) => own.has(point));
  const added = (of: typeof points): number => of.reduce((total, { addedBytes }) => total + addedBytes, 0);
  const share = points.length === 0 ? 0 : added(points) === 0 ? ofPolicy.length / points.length : added(ofPolicy) / added(points);
  const packs = whole?.stored.dataPacks ?? { objects: 0, bytes: 0 };
  const hotBytes = (whole?.stored.total.bytes ?? 0) - packs.bytes;
  const byResource = new Map<string, (typeof points)[number][]>();
  for (const point of ofPolicy) byResource.set(point.resource, [...(byResource.get(point.resource) ?? []), point]);
  const known = new Map([...byResource].map(([resource, of]) => [resource, { dataBytes: of.at(-1)?.dataBytes ?? 0 }]));
  const longest = [...byResource].reduce<string | undefined>((most, [resource, of]) => (of.length > (byResource.get(most ?? "")?.length ?? 0) ? resource : most), undefined);
  const representative = like ?? longest;
  const later = [...byResource.values()].flatMap((of) => of.slice(1));
  return {
    dataBytes: packs.bytes * share,
    hotBytes: hotBytes * (points.length === 0 ? 0 : ofPolicy.length / points.length),
    pointBytes: points.length === 0 ? assumedPointBytes : hotBytes / points.length,
    packBytes: packs.objects === 0 ? assumedPackBytes : packs.bytes / packs.objects,
    ...(later.length > 0 && { incrementBytes: (added(later) / later.length) * byResource.size }),
    pointTimes: (byResource.get(representative ?? "") ?? []).map(({ createdAt }) => new Date(createdAt)),
    representative,
    known,
    points: ofPolicy.length,
    addedBytes: added(points),
    storedBytes: packs.bytes,
  };
}

/** What is measured: the data that changes, what it takes, and what came free of what was removed. */
function valuesOf(options: ResolvedPolicyOptions, { assumptions }: ResolvedEstimateOptions, history: RunHistory, stored: MeasuredStore, resources: number): AssumedValues {
  const volumes = history.runs.flatMap(({ result }) => result?.resources.flatMap((resource) => resource.volumes) ?? []);
  const increments = volumes.filter(({ method }) => method === "incremental");
  const sum = <Item>(of: readonly Item[], value: (item: Item) => number): number => of.reduce((total, item) => total + value(item), 0);
  const readBytes = sum(volumes, ({ blocks }) => blocks.read) * blockSizeBytes;
  const storedBytes = sum(volumes, (volume) => volume.storedBytes);
  const backedUp = [...stored.known].filter(([resource]) => history.resources.has(resource));
  const dataBytes = sum(backedUp, ([, known]) => known.dataBytes);
  const changedBytes = sum(backedUp, ([resource]) => history.resources.get(resource)?.changedBytes ?? 0);
  const days = daysBetween(history);
  const read = history.runs.filter(({ result }) => result !== undefined);
  // what all runs together stored and is there no more belonged to points that were removed; and of that some came free
  const removedBytes = storedBytes - stored.addedBytes;
  const isWhole = read.length > 0 && removedBytes > 0 && sum(read, ({ result }) => sum(result?.resources ?? [], ({ removed = [] }) => removed.length)) > 0;
  const from = `${String(increments.length)} increments of the last runs`;
  const isNew = stored.known.size < resources || resources > history.resources.size;
  return assumedValues(
    assumptions,
    {
      storedShare: readBytes === 0 ? undefined : { value: storedBytes / readBytes, from: `${String(volumes.length)} volumes' backups of the last runs` },
      dailyChange: dataBytes === 0 || days === undefined ? undefined : { value: changedBytes / dataBytes / days, from },
      workerStartMinutes: besideVolumes(volumes),
      freedShare: isWhole ? { value: Math.min(1, Math.max(0, (storedBytes - stored.storedBytes) / removedBytes)), from: "what the last runs stored, and what of it is there" } : undefined,
    },
    (name) => {
      if (name === "runsPerDay") return options.schedule === undefined;
      if (name === "workerMibPerSecond" || name === "workerStartMinutes") return options.workers.machineFor !== undefined;
      if (name === "repeatedShare") return options.archive !== undefined;
      return name === "dataShare" ? isNew : true;
    },
  );
}

/** What workers took beside the moving of a volume, on average: launches, waiting, ends. */
function besideVolumes(volumes: readonly PastVolume[]): { readonly value: number; readonly from: string } | undefined {
  const moved = volumes.flatMap(({ durationMs, worker }) => (worker === undefined ? [] : [worker.machineMs - durationMs]));
  if (moved.length === 0) return undefined;
  const minutes = moved.reduce((total, ms) => total + ms, 0) / moved.length / 60_000;
  return { value: Math.max(0, minutes), from: `${String(moved.length)} volumes' backups on workers` };
}

/** Days from one run to the next, on average. */
function daysBetween({ runs }: RunHistory): number | undefined {
  const times = runs.map(({ record }) => Date.parse(record.startedAt));
  const [first, last] = [times[0], times.at(-1)];
  return first === undefined || last === undefined || times.length < 2 || last === first ? undefined : (last - first) / dayMs / (times.length - 1);
}

/** When the policy runs: by its schedule, or evenly where it has none. */
function runsOf({ schedule }: ResolvedPolicyOptions, { runsPerDay }: AssumedValues): (from: Date, to: Date) => Date[] {
  return (from, to) => {
    const runs: Date[] = [];
    if (schedule === undefined) {
      for (let at = from.getTime() + dayMs / runsPerDay; at <= to.getTime(); at += dayMs / runsPerDay) runs.push(new Date(at));
      return runs;
    }
    for (let after = from; ; ) {
      const [next] = schedule.next(1, { after });
      if (next === undefined || next.at > to) return runs;
      runs.push(next.at);
      after = next.at;
    }
  };
}

/** Opening a repository by a KMS key asks for it once in each process: in each run, where none is there all the time. */
async function kmsRequests(repository: Repository, { signal }: CallOptions): Promise<number> {
  for await (const { kind } of repository.keys.list({ signal })) if (kind === "kms") return 1;
  return 0;
}

function toldBeside({ runs, requests, resources }: RunHistory, { scaled, points, isArchived }: { readonly scaled: number; readonly points: number; readonly isArchived: boolean }): EstimateAssumption[] {
  const told: EstimateAssumption[] = [
    { name: "measuredResources", value: resources.size, unit: `of ${String(scaled)} resources`, source: `measured: the records of ${String(runs.length)} runs; the others as assumed` },
    { name: "points", value: points, unit: "restore points", source: "measured: what the repository stores for this policy now; of several policies there, its share by what its points added" },
    requests === undefined
      ? { name: "requests", value: assumedRequests.perResource.repository.puts, unit: "S3 puts for each resource and run", source: "assumed: what a small backup asks for; no run of increments alone has counted its requests" }
      : { name: "requests", value: requests.perResource.repository.puts, unit: "S3 puts for each resource and run", source: `measured: the requests of ${String(requests.runs)} runs, with those of their workers; a run's end comes on top` },
  ];
  if (isArchived && requests?.perCopy === undefined) told.push({ name: "archiveRequests", value: assumedRequests.perCopy.archive.puts, unit: "S3 puts for each copy", source: "assumed: no run has copied into the archive" });
  return told;
}

function pricesUsed(lines: readonly CostLine[], { prices }: ResolvedEstimateOptions): PolicyEstimate["prices"] {
  return [...new Set(lines.map(({ region }) => region))].sort().map((region) => {
    const found = pricesOf(region, prices);
    return { region: found.prices.region, asOf: found.prices.asOf, ...(found.isStandIn && { standsFor: region }) };
  });
}
