import { inspect } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { Restore } from "../src/composition/restore.js";
import { WorkerPool } from "../src/composition/worker-pool.js";
import { directoryStorage } from "../src/adapters/directory/directory-storage.js";
import { RetryingObjectStore } from "../src/adapters/decorators/retrying-object-store.js";
import { ConfigurationError, ConflictError, NotFoundError, PartialFailureError, ProviderError } from "../src/errors/index.js";
import { Policy } from "../src/policy/policy.js";
import { blockSizeBytes } from "../src/ports/index.js";
import { Repository } from "../src/repository/repository.js";
import { printVerifyReport } from "../src/repository/verify/print-verify-report.js";
import { Retention } from "../src/retention/retention.js";
import { key, noiseBlock, storageOf, textBlock } from "./support/backup-world.js";
import { ManualClock } from "./support/manual-clock.js";
import { MemoryCloud } from "./support/memory-cloud.js";
import { MemoryObjectStore } from "./support/memory-object-store.js";

/** As it prints, with one word for what is random, and without the places where errors were raised. */
function printed(value: unknown): string {
  return inspect(value)
    .replace(/[0-9a-f]{32}-[0-9a-f]{20}/g, "POINT")
    .replace(/[0-9a-f]{32}/g, "ID")
    .split("\n")
    .filter((line) => !line.startsWith("    at "))
    .join("\n");
}

let repository: Repository;
let policy: Policy;
let restore: Restore;

beforeAll(async () => {
  const clock = new ManualClock();
  const cloud = new MemoryCloud(clock);
  repository = await Repository.create({ storage: storageOf(new MemoryObjectStore()), encryption: { key } }, { clock });
  cloud.addVolume("vol-a1").blocks.set(0, textBlock("boot")).set(300, noiseBlock()).set(301, Buffer.alloc(blockSizeBytes));
  cloud.addVolume("vol-a2").blocks.set(1, noiseBlock());
  cloud.addInstance("i-a", ["vol-a1", "vol-a2"]);
  policy = new Policy({ name: "gold", account: cloud, include: [{ instance: "i-a" }], backup: { repository } }, { clock });
  restore = new Restore({ repository, account: cloud }, { clock });
});

describe("in a REPL", () => {
  it("what there is prints by its name and the facts that tell it from others", () => {
    expect(printed(repository)).toBe("Repository memory\n  id ID, encrypted");
    expect(printed(repository.index)).toBe("RepositoryIndex of memory");
    expect(printed(restore)).toBe("Restore from memory");
    expect(printed(directoryStorage("/var/backups"))).toBe("directoryStorage(/var/backups)");
    expect(printed(WorkerPool.inProcess({ threads: 0, maxParallelVolumes: 3 }))).toBe("WorkerPool in this process, 3 volumes at a time");
    expect(printed(new Retention({ count: 1 }))).toBe('Retention {"count":1}');
    expect(printed(new RetryingObjectStore(new MemoryObjectStore())).split("\n")[0]).toContain("RetryingObjectStore around MemoryObjectStore");
  });

  it("a policy's plan, its run, the result and the point take a few lines", async () => {
    expect(printed(await policy.plan())).toBe("PolicyPlan of policy gold: 1 to back up, 0 skipped, 0 that fail\n  backs up 111122223333/eu-west-1/i-a by include[0]: vol-a1 1.0 GiB, vol-a2 1.0 GiB");
    const session = policy.run();
    const result = await session;
    expect(printed(session)).toBe("Session ID\n  policy gold, succeeded, started 2026-11-24T02:00:00.000Z\n  last event session:ended, 2026-11-24T02:00:00.000Z");
    expect(printed(result).replace(/[\d.]+ [KM]iB stored/, "SIZE stored")).toBe("SessionResult of policy gold: 1 of 1 resources succeeded in 0 ms, into memory (session ID)\n  111122223333/eu-west-1/i-a succeeded: POINT, 2.0 MiB read, SIZE stored");
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    const [point = ""] = result.resources.map((resource) => resource.point);
    expect(printed(await repository.restorePoint(point))).toBe("RestorePoint POINT\n  instance 111122223333/eu-west-1/i-a, 2026-11-24T02:00:00.000Z\n  vol-a2 /dev/sdf 1 GiB\n  vol-a1 /dev/xvda 1 GiB");
    expect(printed(await restore.planImage(point, { volume: "vol-a1", path: "disk.img" })).replace(/by 1 reads of .*/, "by READS")).toBe("RestorePlan: vol-a1 of POINT (2026-11-24T02:00:00.000Z) to disk.img\n  1.0 GiB with 1.0 MiB of data, by READS");
    const verified = printed(await repository.verify({ level: "metadata" }));
    expect(verified).toMatch(/^VerifyReport: healthy at level metadata, all that was asked for: 1 restore points, \d packs, 0 of them read \(0 B\)$/);
    expect(printed(await repository.statistics()).split("\n")).toEqual([
      expect.stringMatching(/^RepositoryStatistics of memory, 2026-11-24T02:00:00.000Z: 1 points with 1.5 MiB of data, [\d.]+ MiB stored, [\d.]+ times less$/),
      expect.stringMatching(/^ {2}111122223333\/eu-west-1\/i-a: 1 points, the newest of 2026-11-24T02:00:00.000Z with 1.5 MiB of data, [\d.]+ MiB added$/),
    ]);
  });

  it("a retention's plan names each point with its reasons, what goes first", () => {
    const at = (day: string): Date => new Date(`2026-11-${day}T02:00:00Z`);
    const points = [{ id: "old", resource: "i-a", createdAt: at("20") }, { id: "new", resource: "i-a", createdAt: at("21") }];
    expect(inspect(new Retention({ count: 1 }).plan(points, { now: at("22") }))).toBe(
      [
        "RetentionPlan for 2026-11-22T02:00:00.000Z: Removes 1 of 2 points.",
        "  remove old of 2026-11-20T02:00:00.000Z, i-a: count: is not one of the newest 1",
        "  keep new of 2026-11-21T02:00:00.000Z, i-a: is one of the newest 1; is the newest point of its resource",
      ].join("\n"),
    );
  });

  it("thousands of findings take no more than a screen", () => {
    const findings = Array.from({ length: 10_000 }, (_, index) => ({ object: `packs/${String(index)}`, kind: "pack" as const, problem: "It is missing.", endangers: "Points.", restorePoints: [], blocks: [] }));
    const report = { level: "presence" as const, isHealthy: false, isComplete: true, startedAt: "", restorePoints: 1, packs: 10_000, checkedPacks: 0, readPacks: 0, readBytes: 0, checkedBlocks: 0, unreadPacks: 0, relocatedPacks: 0, quarantinedPacks: 0, findings, omittedFindings: 7 };
    const lines = printVerifyReport(report).split("\n");
    expect(lines).toHaveLength(22);
    expect(lines.slice(0, 2)).toEqual(["VerifyReport: NOT healthy at level presence, all that was asked for: 1 restore points, 10000 packs, 0 of them read (0 B)", "  pack packs/0: It is missing. Points."]);
    expect(lines.at(-1)).toBe("  and 9981 more");
  });
});

describe("an error", () => {
  it("prints its class, its code, what to do, and its facts", () => {
    expect(printed(new ConfigurationError("name: must be a name.", { code: "InvalidOption", context: { path: "name", names: ["a", "b"], nothing: undefined } }))).toBe("ConfigurationError InvalidOption: name: must be a name.\n  path: name, names: a b");
    expect(printed(new ConflictError("Policy gold is running already.", { code: "PolicyRunning", retryable: true }))).toBe("ConflictError PolicyRunning: Policy gold is running already.\n  may succeed when it is tried again");
  });

  it("prints what AWS said of a call, and of its cause one line: the client's own errors hold whole answers", () => {
    const cause = Object.assign(new Error("Access Denied\nwhole\nanswer"), { $response: { body: "x".repeat(1_000_000) } });
    const error = new ProviderError("s3:PutObject on s3://b/a failed.", { code: "AccessDenied", service: "s3", operation: "PutObject", awsCode: "AccessDenied", requestId: "R1", context: { region: "eu-west-1" }, cause });
    expect(printed(error)).toBe("ProviderError AccessDenied: s3:PutObject on s3://b/a failed.\n  region: eu-west-1\n  s3:PutObject said AccessDenied, request R1\n  caused by Error: Access Denied");
  });

  it("prints failures of many, each in a line, up to ten", () => {
    const failures = Array.from({ length: 12 }, (_, index) => ({ resource: `i-${String(index)}`, error: new NotFoundError("There is none.", { code: "InstanceNotFound" }) }));
    const lines = printed(new PartialFailureError("12 of 13 failed.", { code: "ResourcesFailed", failures, completed: ["i-12"] })).split("\n");
    expect(lines.slice(0, 2)).toEqual(["PartialFailureError ResourcesFailed: 12 of 13 failed.", "  i-0: InstanceNotFound: There is none."]);
    expect(lines.slice(-2)).toEqual(["  and 2 more failures", "  1 completed"]);
  });

  it("says where it was raised", () => {
    expect(inspect(new NotFoundError("There is none.", { code: "InstanceNotFound" }))).toMatch(/\n {4}at .*printing\.test\.ts/);
  });
});
