import { gbBytes } from "../../prices/s3-prices.js";
import type { SnapshotLockRequest } from "../../ports/index.js";
import { pricesOf, type AwsPrices } from "../../prices/aws-prices.js";
import type { RequestCounts } from "../../repository/requests/request-counts.js";
import type { ResolvedPolicyOptions } from "../policy-options.js";
import type { Ledger } from "./ledger.js";
import type { StoragePlace } from "./projected-store.js";
import type { ProtectedWork, ResourceWork } from "./workload.js";

/** What one run does with one resource: reading, moving, replicas. */
export function chargeWork(ledger: Ledger, { repository, replicas }: Pick<ResolvedPolicyOptions, "repository" | "replicas">, { region, volumes, gets, lists, changedBytes, storedBytes, machines }: ResourceWork): void {
  const target = repository.storage.region;
  ledger.add({ item: "ebs-lists", region, quantity: lists });
  ledger.add({ item: "ebs-gets", region, quantity: gets });
  if (target !== undefined && target !== region) ledger.add({ item: "transfer", region, detail: `to ${target}`, quantity: storedBytes / gbBytes });
  for (const replica of replicas) if (replica.region !== region) ledger.add({ item: "transfer", region, detail: `to ${replica.region}`, quantity: changedBytes / gbBytes });
  for (const { instanceType, hours } of machines) ledger.add({ item: "worker-hours", region, detail: instanceType, quantity: hours });
  const [machine] = machines;
  if (machine?.hasEndpoints === true) ledger.add({ item: "endpoint-data", region, quantity: (gets * blockBytes) / gbBytes });
  if (machine?.usesKms === true) ledger.add({ item: "kms-requests", region, quantity: 2 * volumes });
}

const blockBytes = 524_288;

/** Requests to a repository's or an archive's store: data packs at the price of its class, all else at that of STANDARD. */
export function chargeRequests(ledger: Ledger, { region, storageClass = "STANDARD" }: StoragePlace, whose: "repository" | "archive", { puts, dataPuts, gets, lists }: RequestCounts): void {
  if (region === undefined) return;
  ledger.add({ item: "s3-puts", region, detail: `${whose} STANDARD`, quantity: puts + lists });
  ledger.add({ item: "s3-puts", region, detail: `${whose} ${storageClass}`, quantity: dataPuts });
  ledger.add({ item: "s3-gets", region, detail: `${whose} ${storageClass}`, quantity: gets });
}

/** What snapshots there are between two runs. */
interface SnapshotCount {
  readonly share: number;
  /** Restore points that are kept. */
  readonly points: number;
  /** Runs in the so many days before the last one, that one included: what they made is locked still. */
  readonly runsWithin: (days: number) => number;
}

/** Snapshots and replicas over a share of a month: all data once, and what changed for each one more that is kept, or waits for its lock. */
export function chargeSnapshots(ledger: Ledger, { keepSnapshots, lockSnapshots, replicas }: Pick<ResolvedPolicyOptions, "keepSnapshots" | "lockSnapshots" | "replicas">, workload: readonly ProtectedWork[], { share, points, runsWithin }: SnapshotCount): void {
  if (points === 0) return;
  const countOf = (keep: number, lock: SnapshotLockRequest | undefined): number => Math.max(Math.min(Math.max(1, keep), points), lock === undefined ? 1 : runsWithin(lock.days));
  const gbOf = ({ dataBytes, next }: ProtectedWork, count: number): number => (dataBytes + (count - 1) * next.changedBytes) / gbBytes;
  for (const work of workload) {
    ledger.add({ item: "snapshot-storage", region: work.region, quantity: gbOf(work, countOf(keepSnapshots, lockSnapshots)) * share });
    for (const { region, keep, lock } of replicas) ledger.add({ item: "replica-storage", region, quantity: gbOf(work, countOf(keep, lock)) * share });
  }
}

/** Interface endpoints of the workers' private networks: as `createNetwork` makes them, two services in each zone, whether anything goes through them or not. */
export function chargeEndpoints(ledger: Ledger, { workers }: Pick<ResolvedPolicyOptions, "workers">, regions: Iterable<string>, hours: number): void {
  for (const region of regions) ledger.add({ item: "endpoint-hours", region, quantity: (workers.machineFor?.({ region, sizeBytes: 0 })?.endpoints ?? 0) * hours });
}

/** What S3 keeps for each object of a class on top. */
export function overheadOf({ region, storageClass = "STANDARD" }: StoragePlace, prices: readonly AwsPrices[]): { readonly own: number; readonly standard: number } {
  return (region === undefined ? undefined : pricesOf(region, prices).prices.s3.classes[storageClass]?.overheadBytes) ?? { own: 0, standard: 0 };
}
