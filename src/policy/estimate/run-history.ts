import * as z from "zod";
import type { CallOptions } from "../../ports/index.js";
import { blockSizeBytes } from "../../ports/index.js";
import type { SessionRecord } from "../../repository/history/session-record.js";
import { addRequests, noRequests, scaleRequests, type RequestCounts } from "../../repository/requests/request-counts.js";
import type { ResolvedPolicyOptions } from "../policy-options.js";
import { removalRequests } from "./assumed.js";

const amount = z.number().min(0);
const volumeSchema = z.object({
  volumeId: z.string(),
  sizeBytes: amount,
  method: z.enum(["full", "incremental"]),
  blocks: z.object({ changed: amount, read: amount, audited: amount }),
  storedBytes: amount,
  listings: amount.optional(),
  durationMs: amount,
  worker: z.object({ machineMs: amount }).optional(),
});
const requestsSchema = z.object({ puts: amount, dataPuts: amount, gets: amount, lists: amount, deletes: amount, putBytes: amount, gotBytes: amount });
const resultSchema = z.object({
  resources: z.array(
    z.object({
      resource: z.string(),
      outcome: z.enum(["succeeded", "failed", "skipped"]),
      volumes: z.array(volumeSchema),
      replicas: z.array(z.object({ region: z.string() })).optional(),
      archived: z.array(z.string()).optional(),
      removed: z.array(z.string()).optional(),
    }),
  ),
  storeRequests: z.object({ repository: requestsSchema, archive: requestsSchema.optional() }).optional(),
});

/** What an estimate reads in the record of a run. */
export type PastResult = z.infer<typeof resultSchema>;
export type PastVolume = z.infer<typeof volumeSchema>;

/** A run in the past, with its result where it has one that can be read. */
export interface PastRun {
  readonly record: SessionRecord;
  readonly result: PastResult | undefined;
}

/** What the increments of a resource took, on average. */
export interface MeasuredResource {
  readonly increments: number;
  readonly gets: number;
  readonly lists: number;
  readonly changedBytes: number;
  readonly storedBytes: number;
  readonly volumeMs: number;
}

/** What is asked of the stores, on average: for each resource of a run, and for each copy into the archive. */
export interface MeasuredRequests {
  readonly runs: number;
  readonly perResource: { readonly repository: RequestCounts; readonly archive: RequestCounts };
  readonly perCopy: { readonly repository: RequestCounts; readonly archive: RequestCounts } | undefined;
}

export interface RunHistory {
  readonly runs: readonly PastRun[];
  readonly resources: ReadonlyMap<string, MeasuredResource>;
  readonly requests: MeasuredRequests | undefined;
}

/** The largest page of a block listing; the engine asks for it. */
const pageBlocks = 10_000;

/** What reading one volume asks of EBS direct: a first page that tells its size, the pages of its listing, and where they were not counted a listing for each block that is audited. */
export function ebsCalls({ blocks, listings }: Pick<PastVolume, "blocks" | "listings">): { readonly gets: number; readonly lists: number } {
  return { gets: blocks.read + blocks.audited, lists: 1 + (listings ?? Math.max(1, Math.ceil(blocks.changed / pageBlocks)) + blocks.audited) };
}

/** Reads the records of the policy's runs since a moment. */
export async function readHistory(options: ResolvedPolicyOptions, since: Date, { signal }: CallOptions): Promise<RunHistory> {
  const runs: PastRun[] = [];
  for await (const record of options.repository.sessions({ policy: options.name, since, signal })) {
    const parsed = resultSchema.safeParse(record.result);
    runs.push({ record, result: parsed.success ? parsed.data : undefined });
  }
  const results = runs.flatMap(({ result }) => result ?? []);
  return { runs, resources: measureResources(results), requests: measureRequests(results) };
}

function measureResources(results: readonly PastResult[]): Map<string, MeasuredResource> {
  const sums = new Map<string, MeasuredResource>();
  for (const { resource, volumes } of results.flatMap(({ resources }) => resources.filter(isIncrement))) {
    const before = sums.get(resource) ?? { increments: 0, gets: 0, lists: 0, changedBytes: 0, storedBytes: 0, volumeMs: 0 };
    const sum = (value: (volume: PastVolume) => number): number => volumes.reduce((total, volume) => total + value(volume), 0);
    sums.set(resource, {
      increments: before.increments + 1,
      gets: before.gets + sum((volume) => ebsCalls(volume).gets),
      lists: before.lists + sum((volume) => ebsCalls(volume).lists),
      changedBytes: before.changedBytes + sum(({ blocks }) => blocks.changed * blockSizeBytes),
      storedBytes: before.storedBytes + sum(({ storedBytes }) => storedBytes),
      volumeMs: before.volumeMs + sum(({ durationMs }) => durationMs),
    });
  }
  const average = ({ increments: n, gets, lists, changedBytes, storedBytes, volumeMs }: MeasuredResource): MeasuredResource => ({
    increments: n, gets: gets / n, lists: lists / n, changedBytes: changedBytes / n, storedBytes: storedBytes / n, volumeMs: volumeMs / n,
  });
  return new Map([...sums].map(([resource, measured]) => [resource, average(measured)]));
}

function isIncrement({ outcome, volumes }: PastResult["resources"][number]): boolean {
  return outcome === "succeeded" && volumes.length > 0 && volumes.every(({ method }) => method === "incremental");
}

/** Of runs that made increments alone. What retention removed is taken off, for it goes with the points' age; copies are told apart. */
function measureRequests(results: readonly PastResult[]): MeasuredRequests | undefined {
  const counted = results.flatMap(({ resources, storeRequests: requests }) => {
    if (requests === undefined || resources.length === 0 || !resources.every(isIncrement)) return [];
    const count = (of: "archived" | "removed"): number => resources.reduce((total, resource) => total + (resource[of]?.length ?? 0), 0);
    const repository = addRequests(requests.repository, scaleRequests(removalRequests, -count("removed")));
    return [{ resources: resources.length, copies: count("archived"), repository, archive: requests.archive ?? noRequests }];
  });
  const plain = counted.filter(({ copies }) => copies === 0);
  const resources = plain.reduce((total, run) => total + run.resources, 0);
  if (resources === 0) return undefined;
  const sum = (of: "repository" | "archive", runs: typeof counted): RequestCounts => runs.reduce((total, run) => addRequests(total, run[of]), noRequests);
  const perResource = { repository: scaleRequests(sum("repository", plain), 1 / resources), archive: scaleRequests(sum("archive", plain), 1 / resources) };
  const copying = counted.filter(({ copies }) => copies > 0);
  const copies = copying.reduce((total, run) => total + run.copies, 0);
  const ofCopies = (of: "repository" | "archive"): RequestCounts => {
    const beside = scaleRequests(perResource[of], -copying.reduce((total, run) => total + run.resources, 0));
    return scaleRequests(addRequests(sum(of, copying), beside), 1 / copies);
  };
  return { runs: plain.length, perResource, perCopy: copies === 0 ? undefined : { repository: ofCopies("repository"), archive: ofCopies("archive") } };
}
