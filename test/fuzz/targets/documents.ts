import * as z from "zod";
import { HoldfastError } from "../../../src/errors/index.js";
import { parseHead, bodyLength } from "../../../src/adapters/aws/hot/http-head.js";
import { readCaptured } from "../../../src/adapters/aws/ec2/instances/read-captured.js";
import { ControlObjects } from "../../../src/mover/protocol/control-objects.js";
import { claimDocument, controlDocument, engineDocument, helloDocument, orderDocument, orderSecrets, outcomeDocument, restoreDocument, statusDocument, taskDocument, workerOrderDocument } from "../../../src/mover/protocol/documents.js";
import { createWorkerKeyPair, openEnvelope, sealEnvelope } from "../../../src/mover/protocol/envelope.js";
import { readPolicyDocument, type PolicyReferences } from "../../../src/policy/policy-document.js";
import { tagsSchema } from "../../../src/options/schemas.js";
import { awsPricesSchema } from "../../../src/prices/aws-prices-schema.js";
import { awsListPrices } from "../../../src/prices/aws-prices.js";
import { storagePerMonth } from "../../../src/prices/s3-prices.js";
import { collectOnWorker } from "../../../src/repository/collect/collect-on-worker.js";
import { KeyRing } from "../../../src/repository/keys/key-ring.js";
import type { RepositoryContext } from "../../../src/repository/repository-context.js";
import type { RepositoryWorkers } from "../../../src/repository/workers/repository-workers.js";
import { parseRecoveryKey } from "../../../src/repository/slots/recovery-key.js";
import { readRecoveryDocument } from "../../../src/restore/recovery/recovery-document.js";
import type { ScheduleOptions } from "../../../src/schedule/schedule-options.js";
import { Schedule } from "../../../src/schedule/schedule.js";
import { MemoryObjectStore } from "../../../src/testing/index.js";
import { checkTagTemplates, renderTags } from "../../../src/workers/tags/tag-templates.js";
import { readBackupResult, readRestoreResult } from "../../../src/workers/tasks/remote-results.js";
import type { FuzzTarget } from "../target.js";

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const words = ["null", "true", "-1", "1e308", "9007199254740993", '"', "{", "}", "[", "]", ",", '"__proto__":{"a":1}', '"constructor":1', '"toString"', "\u0000"];
const hex = (digit: string, bytes: number): string => digit.repeat(bytes * 2);

/** Gives a document to a reader of values, if the input is JSON at all. */
function ofJson(read: (value: unknown) => unknown): (input: Buffer) => unknown {
  return (input) => {
    let value: unknown;
    try {
      value = JSON.parse(input.toString("utf8"));
    } catch {
      return "no JSON";
    }
    return read(value);
  };
}

/** Something of each name, for documents that name things. */
const references = { accounts: { main: {} }, repositories: { vault: {} }, workers: { pool: {} }, hooks: { quiet: {} }, notifiers: { mail: {} } } as unknown as PolicyReferences;
const policy = {
  version: 1,
  name: "gold",
  account: "main",
  include: [{ tags: { backup: "gold" } }, { instance: "i-0123" }],
  schedule: { daily: { hours: [2] }, weekly: { on: "sunday" }, timeZone: "Europe/Oslo", window: { from: "22:00", to: "06:00" } },
  replicas: [{ region: "eu-north-1", keep: 3 }],
  backup: { repository: "vault", retention: { daily: 7, weekly: 4 } },
  workers: "pool",
  hooks: "quiet",
  notify: [{ notifier: "mail", on: ["failed"] }],
};
const plan = {
  version: 1,
  name: "site",
  targets: { "444455556666/eu-north-1": { subnets: { a: "subnet-1" }, keyNames: { k: null } } },
  steps: [
    { name: "db", resource: "111122223333/eu-west-1/i-1", wait: ["running", { check: "port", parameters: { port: 5432 } }] },
    { name: "web", resource: "111122223333/eu-west-1/i-2", after: ["db"], to: "original" },
  ],
};

const controlSchemas: readonly z.ZodType[] = [engineDocument, helloDocument, workerOrderDocument, taskDocument, orderDocument, claimDocument, statusDocument, outcomeDocument, controlDocument, restoreDocument, orderSecrets];
const worker = createWorkerKeyPair();
const task = { kind: "backup", task: { region: "eu-west-1", snapshotId: "snap-1", resource: "a/b/c", volumeId: "vol-1", attributes: {} } };
const backup = {
  result: { volumeId: "vol-1", snapshotId: "snap-1", sizeBytes: 1, method: "full", blocks: { changed: 1, removed: 0, read: 1, resumed: 0, zero: 0, known: 0, stored: 1, healed: 0, audited: 0 }, storedBytes: 1, startedAt: "2026-11-24T02:00:00.000Z", endedAt: "2026-11-24T02:00:00.000Z", durationMs: 1 },
  written: { record: { stream: hex("a", 16), sequence: 1, hash: hex("b", 32), counts: { packs: 1 } }, volume: { stream: hex("a", 16), sequence: 1, volumeId: "vol-1", sizeBytes: 1 } },
};

export const documentTargets: readonly FuzzTarget[] = [
  { name: "policy", weight: 2, isJson: true, seeds: () => [json(policy)], run: ofJson((value) => void readPolicyDocument(value, references)), tokens: words },
  { name: "recovery-plan", isJson: true, seeds: () => [json(plan)], run: ofJson((value) => void readRecoveryDocument(value, new Set(["port"]))), tokens: [...words, '"after":["web"]'] },
  {
    name: "cron",
    seeds: () => ["30 2 * * 1-5", "*/5 0-3,7 1,15 * 5L", "0 0 29 2 *", "0 0 LW * *", "@daily"].map((text) => Buffer.from(text)),
    run: (input) => {
      new Schedule({ cron: input.toString("utf8") }, "gold").next(3, { after: new Date("2026-01-01T00:00:00Z") });
    },
    tokens: ["*", "/", "-", ",", "L", "W", "#", "?", "0", "59", "31", "MON", "JAN", "@yearly", " ", "999999999999", "*/0"],
    maxMs: 4_000,
  },
  { name: "schedule", isJson: true, seeds: () => [json(policy.schedule), json({ monthly: { on: "last friday" }, yearly: { in: 2, on: 29 }, spreadMinutes: 60 })], run: ofJson((value) => void new Schedule(value as ScheduleOptions, "gold").next(3, { after: new Date("2026-01-01T00:00:00Z") })), tokens: [...words, '"last"', '"first sunday"', "31", '"UTC"'], maxMs: 4_000 },
  { name: "recovery-key", seeds: () => [Buffer.from("HF1-0000-1111-2222-3333-4444-5555-6666-7777-8888")], run: (input) => void parseRecoveryKey(input.toString("utf8"), "key") },
  {
    name: "control-object",
    isJson: true,
    seeds: () => [
      json({ version: 1, engine: hex("a", 16), applianceId: "a", beat: 1, command: "work" }),
      json({ version: 1, worker: hex("b", 16), publicKey: worker.publicKey.toString("base64"), instanceId: "i-1", architecture: "x64" }),
      json({ version: 1, task: hex("c", 16), engine: hex("a", 16), applianceId: "a", createdAt: "x", timeLimitMs: 1, work: task }),
      json({ version: 1, beat: 1, lease: "held", progress: { blocks: 1, bytes: 1, fraction: 0.5, bytesPerSecond: 1 } }),
      json({ version: 1, kind: "failed", error: { name: "ProviderError", code: "a", message: "b", retryable: true, context: { a: ["b"] } } }),
      json({ version: 1, kind: "done", result: backup }),
      json({ version: 1, session: hex("d", 16), engine: hex("a", 16), applianceId: "a", accountId: "111122223333", region: "eu-west-1", tags: { a: "b" }, restoreId: "r", beat: 1, state: "making" }),
      json({ signingKey: "AAAA", taskSha256: hex("e", 32), repository: { bucket: "b", prefix: "p", region: "eu-west-1", role: { roleArn: "a", externalId: "e" }, repositoryId: hex("a", 16), keyRole: "writer", secret: "AAAA" }, account: { region: "eu-west-1" }, groupName: "g", startIndex: 1 }),
    ],
    run: async (input) => {
      const store = new MemoryObjectStore();
      await store.put("a", input);
      const control = new ControlObjects(store);
      const read: number[] = [];
      for (const [index, schema] of controlSchemas.entries()) {
        for (const signingKey of [undefined, Buffer.alloc(32)]) {
          try {
            const found = await control.read("a", schema, { signingKey });
            JSON.stringify(found);
            read.push(index);
          } catch (error) {
            if (!HoldfastError.isInstance(error)) throw error;
          }
        }
      }
      return read.join(" ");
    },
    tokens: words,
  },
  { name: "envelope", seeds: () => [sealEnvelope(worker.publicKey, "a", Buffer.from("{}"))], run: (input) => void openEnvelope(worker, "a", input) },
  {
    name: "worker-result",
    isJson: true,
    seeds: () => [json(backup), json({ snapshotId: "snap-1", blocks: 3 })],
    run: ofJson((value) => {
      const taken: string[] = [];
      for (const [index, read] of [() => readBackupResult(value, { volumeId: "vol-1", snapshotId: "snap-1" }), () => readRestoreResult(value, "snap-1")].entries()) {
        try {
          JSON.stringify(read());
          taken.push(String(index));
        } catch (error) {
          if (!HoldfastError.isInstance(error)) throw error;
        }
      }
      return taken.join(" ");
    }),
    tokens: words,
  },
  {
    name: "http-head",
    seeds: () => [Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nETag: \"a\"\r\nTransfer-Encoding: chunked")],
    run: (input) => {
      const head = parseHead(input.toString("latin1"));
      if (head === undefined) return "no head";
      const length = bodyLength(head);
      if (length !== undefined && !Number.isSafeInteger(length)) throw new RangeError(`a body of ${String(length)} bytes`);
      return `${length === undefined ? "no length" : length === 0 ? "empty" : "a length"}, ${String(Math.min(4, Object.keys(head.headers).length))} headers`;
    },
    tokens: ["\r\n", ":", "content-length: ", "__proto__: a", "HTTP/1.1 "],
  },
  {
    // what a backup keeps of an instance, as somebody with the keys may have sealed it
    name: "captured-instance",
    isJson: true,
    seeds: () => [json({ CaptureVersion: 2, InstanceId: "i-1", InstanceType: "t3.micro", RootDeviceName: "/dev/xvda", Placement: { AvailabilityZone: "eu-west-1a" }, IamInstanceProfile: { Arn: "a" }, ProductCodes: [{ ProductCodeId: "p" }], UserData: "AAAA", Tags: [{ Key: "a", Value: "b" }], Interfaces: [{ NetworkInterfaceId: "eni-1", Attachment: { DeviceIndex: 0, NetworkCardIndex: 0, DeleteOnTermination: true }, SubnetId: "subnet-1", Groups: [{ GroupId: "sg-1" }], PrivateIpAddress: "10.0.0.1", PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: "10.0.0.1", Association: { AllocationId: "eipalloc-1", IpOwnerId: "amazon" } }], Ipv6Addresses: [{ Ipv6Address: "::1" }], TagSet: [{ Key: "a", Value: "b" }] }], UnreadableAttributes: [] })],
    run: ofJson((value) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return "no record";
      const captured = readCaptured({ ...value });
      JSON.stringify(captured);
      return `${String(Math.min(3, captured.interfaces.length))} interfaces, ${String(Math.min(3, Object.keys(captured.tags).length))} tags`;
    }),
    tokens: words,
  },
  {
    name: "tag-template",
    isJson: true,
    seeds: () => [json({ owner: "%applianceId%", policy: "%policyName% of %region%", plain: "a b+c" })],
    run: ofJson((value) => {
      const templates = checkTagTemplates(tagsSchema.parse(value));
      return String(Math.min(3, Object.keys(renderTags(templates, { applianceId: "a", policyId: "b", policyName: "c", sessionId: "d", resourceId: "e/f/g", region: "eu-west-1" })).length));
    }),
    isRefusal: (error) => HoldfastError.isInstance(error) || error instanceof z.ZodError,
    tokens: [...words, "%", "%%", "%region%", "aws:", "holdfast:", "%".repeat(300)],
  },
  {
    name: "prices",
    isJson: true,
    seeds: () => [json(awsListPrices[0] ?? {})],
    run: ofJson((value) => {
      const prices = awsPricesSchema.parse(value);
      return ["STANDARD", "GLACIER", "constructor", "__proto__"].map((name) => typeof storagePerMonth(prices.s3, name, { objects: 1, bytes: 2 ** 30 })).join(" ");
    }),
    isRefusal: (error) => error instanceof z.ZodError,
    tokens: words,
  },
  {
    name: "worker-report",
    isJson: true,
    seeds: () => [json({ dryRun: false, status: "done", freed: { packs: 1, bytes: 2 }, kept: { a: 1 } })],
    run: async (input) => {
      let report: unknown;
      try {
        report = JSON.parse(input.toString("utf8"));
      } catch {
        return "no JSON";
      }
      const store = new MemoryObjectStore();
      const context = { store, keys: new KeyRing(Buffer.alloc(32, 7), Buffer.alloc(16, 1)), place: { bucket: "b" } } as unknown as RepositoryContext;
      const workers = { workInRepository: async () => await Promise.resolve(report) } as unknown as RepositoryWorkers;
      return (await collectOnWorker(context, workers, {})).status;
    },
    tokens: words,
  },
];
