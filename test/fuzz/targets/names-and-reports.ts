import * as z from "zod";
import { policyReport } from "../../../src/policy/reports/policy-report.js";
import { readHistory } from "../../../src/policy/estimate/run-history.js";
import type { ResolvedPolicyOptions } from "../../../src/policy/policy-options.js";
import { lockedDays, lockTag } from "../../../src/policy/snapshots/lock-tags.js";
import { checkpointPartOf, epochOf, indexGenerationOf, listEpochOf, objectNames, packIdOf, quarantinedPack, recordPlace, relocatedPack, relocationNumber, removedSlotOf, runTimeOf, slotIdOf, verifiedGroup } from "../../../src/repository/format/object-names.js";
import type { SessionRecord } from "../../../src/repository/history/session-record.js";
import { writtenBelow } from "../../../src/restore/written-mark.js";
import type { FuzzTarget } from "../target.js";

// Names of objects and tags as anybody may have given them, and what runs left for reports over time and estimates.

const hex = (digit: string, bytes: number): string => digit.repeat(bytes * 2);
const now = "2026-11-24T02:00:00.000Z";
const session = hex("a", 16);
const packName = objectNames.pack({ kind: "data", sessionId: session, number: 1 });
const names = [packName, "meta/aa/" + session + "-9999999", objectNames.record(hex("b", 16), 7), "gc/epoch/000000000001", "gc/lists/000000000001-0", objectNames.quarantine(packName), objectNames.relocation(packName, 1), "keys/0123456789abcdef", "removing/0123456789abcdef-0123456789abcdef", "idx/" + "0".repeat(20) + "/e000001", `ckpt/${session}/${session}-000001`, `runs/restore/0123456789ab-${session}`, `verified/${session}/${"0".repeat(20)}/0123456789ab-${session}`, "governance 30", "123456789"];

/** Each reader of names, with the name that what it read has: another than the one that was read would be looked for elsewhere. */
const readers: Readonly<Record<string, (name: string) => readonly [found: unknown, own?: string | undefined]>> = {
  pack: (name) => {
    const id = packIdOf(name);
    return [id, id && objectNames.pack(id)];
  },
  record: (name) => {
    const place = recordPlace(name);
    return [place, place && objectNames.record(place.stream, place.sequence)];
  },
  quarantine: (name) => {
    const pack = quarantinedPack(name);
    return [pack, pack && objectNames.quarantine(pack)];
  },
  relocation: (name) => {
    const [pack, number] = [relocatedPack(name), relocationNumber(name)];
    return [pack, pack !== undefined && number !== undefined ? objectNames.relocation(pack, number) : undefined];
  },
  slot: (name) => {
    const id = slotIdOf(name);
    return [id, id && objectNames.keySlot(id)];
  },
  epoch: (name) => [epochOf(name)],
  list: (name) => [listEpochOf(name)],
  removal: (name) => [removedSlotOf(name)],
  index: (name) => [indexGenerationOf(name)],
  checkpoint: (name) => [checkpointPartOf(name)],
  run: (name) => [runTimeOf(name)],
  verification: (name) => [verifiedGroup(name)],
  lock: (name) => [lockedDays({ [lockTag]: name })],
  mark: (name) => [writtenBelow({ "holdfast:written-below": name })],
};

const volume = { volumeId: "vol-1", method: "incremental", sizeBytes: 2 ** 30, storedBytes: 5, blocks: { read: 1, changed: 1, audited: 0 }, listings: 1, startedAt: now, endedAt: now, durationMs: 1, worker: { machineMs: 1 } };
const requests = { puts: 1, dataPuts: 1, gets: 1, lists: 1, deletes: 1, putBytes: 1, gotBytes: 1 };
const resource = { resource: "1/eu-west-1/vol-1", kind: "volume", outcome: "succeeded", point: "p", volumes: [volume], replicas: [{ region: "a" }], archived: ["a"], removed: ["b"], warnings: [{ message: "m", code: "c" }], attempts: 1, startedAt: now, endedAt: now, durationMs: 5 };
const run = { startedAt: now, endedAt: "2026-11-24T02:05:00.000Z", state: "succeeded", requests: [{ service: "s3", operation: "a", region: "b", requests: 1, throttled: 0, failed: 0 }], result: { repository: "r", resources: [resource], storeRequests: { repository: requests, archive: requests } } };

/** What the schema of records holds about one, whoever sealed it. */
const time = z.iso.datetime();
const runSchema = z.object({
  startedAt: time,
  endedAt: time.optional(),
  state: z.enum(["running", "succeeded", "failed", "aborted", "crashed"]),
  requests: z.array(z.object({ service: z.string(), operation: z.string(), region: z.string(), requests: z.number(), throttled: z.number(), failed: z.number() })).optional(),
  result: z.record(z.string(), z.unknown()).optional(),
});

function recordsOf(input: Buffer): SessionRecord[] {
  let document: unknown;
  try {
    document = JSON.parse(input.toString("utf8"));
  } catch {
    return [];
  }
  return (Array.isArray(document) ? (document as unknown[]) : []).flatMap((given): SessionRecord[] => {
    const parsed = runSchema.safeParse(given);
    return parsed.success ? [{ session, policy: "gold", events: [], ...parsed.data }] : [];
  });
}

export const nameAndReportTargets: readonly FuzzTarget[] = [
  {
    name: "object-name",
    seeds: () => names.map((name) => Buffer.from(name)),
    run: (input) => {
      const name = input.toString("utf8");
      const found: string[] = [];
      for (const [kind, read] of Object.entries(readers)) {
        const [meant, own] = read(name);
        if (meant === undefined) continue;
        if (own !== undefined && own !== name) throw new Error(`${JSON.stringify(name)} was taken for ${own}`);
        found.push(kind);
      }
      return found.join(" ");
    },
    tokens: ["/", "-", "packs/", "meta/", "0", "00", "..", "\n", session, "000001"],
  },
  {
    name: "policy-report",
    weight: 2,
    isJson: true,
    seeds: () => [Buffer.from(JSON.stringify([run, { ...run, state: "failed", startedAt: "2026-11-23T02:00:00.000Z" }, { startedAt: now, state: "crashed" }]))],
    run: async (input) => {
      const records = recordsOf(input);
      const options = {
        name: "gold",
        repository: {
          sessions: async function* () {
            yield* await Promise.resolve(records);
          },
        },
      } as unknown as ResolvedPolicyOptions;
      const history = await readHistory(options, new Date(0), {});
      const page = policyReport({ policy: "gold", now: new Date(now), records, nextRuns: [new Date(now)], alerts: [] });
      if (/<script|<img/i.test(page)) throw new TypeError("a script came out");
      return `${String(Math.min(3, records.length))} runs, ${String(Math.min(3, history.resources.size))} resources${history.requests === undefined ? "" : ", requests"}`;
    },
    tokens: ["null", "-1", "1e308", '"__proto__":{}', "<script>", '"><img src=x>', now, "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"],
  },
];
