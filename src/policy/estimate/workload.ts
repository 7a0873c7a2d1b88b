import { blockSizeBytes } from "../../ports/index.js";
import type { PlannedResource } from "../plan-policy.js";
import type { WorkMachine } from "../../workers/index.js";
import type { ResolvedPolicyOptions } from "../policy-options.js";
import type { AssumedValues } from "./assumed-values.js";
import { ebsCalls, type RunHistory } from "./run-history.js";

/** What one run does with one resource. */
export interface ResourceWork {
  readonly region: string;
  readonly volumes: number;
  /** Blocks read and pages listed through EBS direct. */
  readonly gets: number;
  readonly lists: number;
  /** Of the source, uncompressed: what changed, or for the first backup all data. */
  readonly changedBytes: number;
  /** What comes into the repository. */
  readonly storedBytes: number;
  readonly machines: readonly (WorkMachine & { readonly hours: number })[];
}

/** A resource that the policy selects now: its data, what its first backup does, and what each one after that. */
export interface ProtectedWork {
  readonly resource: string;
  readonly region: string;
  /** Data on its volumes. */
  readonly dataBytes: number;
  readonly first: ResourceWork;
  readonly next: ResourceWork;
  /** Whether it has a restore point of the policy. */
  readonly isKnown: boolean;
}

/** What is known of a resource's data. */
export interface KnownData {
  readonly dataBytes: number;
}

/** The work of each resource: as measured where its increments were, as the policy's other resources have it where those were, as assumed otherwise. */
export function workloadOf(
  options: ResolvedPolicyOptions,
  planned: readonly PlannedResource[],
  { history, known, values, daysBetweenRuns }: { readonly history: RunHistory; readonly known: ReadonlyMap<string, KnownData>; readonly values: AssumedValues; readonly daysBetweenRuns: number },
): ProtectedWork[] {
  const { auditBlocks = defaultAuditBlocks } = options;
  return planned.map(({ resource, volumes }): ProtectedWork => {
    const region = resource.split("/")[1] ?? "";
    const sizeBytes = volumes.reduce((sum, volume) => sum + volume.sizeBytes, 0);
    const dataBytes = known.get(resource)?.dataBytes ?? sizeBytes * values.dataShare;
    const measured = values.isGiven("dailyChange") ? undefined : history.resources.get(resource);
    const work = (facts: Omit<ResourceWork, "region" | "volumes" | "machines">, seconds: number): ResourceWork => ({ region, volumes: volumes.length, ...facts, machines: machinesOf(options, region, volumes, seconds, values) });
    const reading = (bytes: number): number => bytes / 2 ** 20 / values.workerMibPerSecond;
    const firstBlocks = { changed: dataBytes / blockSizeBytes, read: dataBytes / blockSizeBytes, audited: 0 };
    const firstCalls = ebsCalls({ blocks: { ...firstBlocks, changed: firstBlocks.changed / Math.max(1, volumes.length) } });
    const first = work({ gets: firstBlocks.read, lists: firstCalls.lists * volumes.length, changedBytes: dataBytes, storedBytes: dataBytes * values.storedShare }, reading(dataBytes));
    const changedBytes = measured?.changedBytes ?? dataBytes * Math.min(1, values.dailyChange * daysBetweenRuns);
    const blocks = changedBytes / blockSizeBytes;
    const calls = ebsCalls({ blocks: { changed: blocks / Math.max(1, volumes.length), read: blocks, audited: auditBlocks } });
    const next = work(
      {
        gets: measured?.gets ?? blocks + auditBlocks * volumes.length,
        lists: measured?.lists ?? calls.lists * volumes.length,
        changedBytes,
        storedBytes: measured?.storedBytes ?? changedBytes * values.storedShare,
      },
      measured === undefined ? reading(changedBytes) : measured.volumeMs / 1_000,
    );
    return { resource, region, dataBytes, first, next, isKnown: known.has(resource) };
  });
}

/** What the transfer core reads again of an increment where nothing else is said. */
const defaultAuditBlocks = 8;

function machinesOf({ workers }: ResolvedPolicyOptions, region: string, volumes: PlannedResource["volumes"], seconds: number, { workerStartMinutes }: AssumedValues): ResourceWork["machines"] {
  const size = volumes.reduce((sum, volume) => sum + volume.sizeBytes, 0);
  return volumes.flatMap(({ sizeBytes }) => {
    const machine = workers.machineFor?.({ region, sizeBytes });
    // the seconds are of all volumes together
    return machine === undefined ? [] : [{ ...machine, hours: (seconds * (size === 0 ? 1 / volumes.length : sizeBytes / size)) / 3_600 + workerStartMinutes / 60 }];
  });
}
