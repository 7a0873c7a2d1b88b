import { createHmac } from "node:crypto";
import { inspect } from "node:util";
import { moverOptionsOfEnvironment } from "../../../src/composition/mover/mover-options.js";
import { NotFoundError } from "../../../src/errors/index.js";
import { ControlObjects, documentDigest } from "../../../src/mover/protocol/control-objects.js";
import { outcomeDocument, statusDocument } from "../../../src/mover/protocol/documents.js";
import { sealEnvelope } from "../../../src/mover/protocol/envelope.js";
import { fromErrorDocument } from "../../../src/mover/protocol/error-document.js";
import { controlNames } from "../../../src/mover/protocol/object-names.js";
import { defaultPace } from "../../../src/mover/protocol/pace.js";
import { runMover } from "../../../src/mover/run-mover.js";
import type { Clock } from "../../../src/ports/index.js";
import type { RepositoryHandOver } from "../../../src/repository/hand-over.js";
import type { RepositoryTask, RepositoryWorkers } from "../../../src/repository/workers/repository-workers.js";
import { systemRandom } from "../../../src/system/index.js";
import { MemoryObjectStore } from "../../../src/testing/index.js";
import { EventRelay } from "../../../src/workers/tasks/event-relay.js";
import type { FuzzTarget } from "../target.js";
import { memoryRepositories } from "./memory-repositories.js";

// What workers and their engine say to each other, signed and sealed as each of them would: a worker that somebody has broken into, and an engine of another version.

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const words = ["null", "true", "-1", "1e308", '"', "{", "}", "[", "]", '"__proto__":{"a":1}', '"type":"volume:progress"', '"level":"data"'];
const hex = (digit: string, bytes: number): string => digit.repeat(bytes * 2);
const now = "2026-11-24T02:00:00.000Z";
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function parsed(input: Buffer): unknown {
  try {
    return JSON.parse(input.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** Workers that say this, whatever they are asked. */
function saying(word: unknown, meanwhile: (task: RepositoryTask) => void = () => undefined): RepositoryWorkers {
  return {
    isInProcess: false,
    workInRepository: async (task) => {
      meanwhile(task);
      return await Promise.resolve(word);
    },
  };
}

const amount = { blocks: { read: 3, zero: 0, known: 0, stored: 3, removed: 0 }, bytesRead: 1, bytesStored: 1, requests: { reads: 1, writes: 1 } };
const finding = { object: "packs/00/a", kind: "pack", problem: "p", endangers: "e", restorePoints: ["a"], blocks: [{ volumeId: "vol-1", firstBlock: 0, lastBlock: 1 }] };
const verified = { level: "data", isHealthy: true, isComplete: true, startedAt: now, restorePoints: 1, packs: 2, checkedPacks: 2, readPacks: 2, readBytes: 5, checkedBlocks: 3, unreadPacks: 0, relocatedPacks: 0, quarantinedPacks: 0, findings: [], omittedFindings: 0 };
const collected = { dryRun: false, status: "done", epoch: 1, stored: { packs: 1, bytes: 2 }, freed: { packs: 1, bytes: 2 }, kept: { young: { packs: 1, bytes: 2 } }, swept: { isDryRun: false, hasVersions: true, removedVersions: 1, removedDeleteMarkers: 1, removedBytes: 1, lockedVersions: 1, youngVersions: 1 }, rescued: 0, retiredRecords: 0, orphans: 0, fencedSessions: 0 };
const progress = { blocks: 1, bytes: 1, totalBlocks: 2, totalBytes: 2, fraction: 0.5, bytesPerSecond: 1 };
const told = { events: [{ type: "point:started", point: "a", resource: "b", createdAt: now }], progress: { type: "volume:progress", point: "a", volumeId: "vol-1", ...progress } };

/** What was said, signed as the worker does it. */
function signed(key: Buffer, name: string, body: Buffer): Buffer {
  const line = body.toString("utf8").split("\n")[0] ?? "";
  return Buffer.from(`${line}\n${createHmac("sha256", key).update(`${name}\0${line}`, "utf8").digest("hex")}\n`);
}

const signingKey = Buffer.alloc(32, 5);
const task = hex("c", 16);
const worker = hex("b", 16);

/** A clock on which every wait is over at once, and at each of which something may happen. */
function eventfulClock(onSleep: (sleeps: number) => Promise<void>): Clock {
  let sleeps = 0;
  return {
    now: () => new Date(now),
    monotonicMs: () => sleeps * 100,
    sleep: async (ms, signal) => {
      // the limit of a task, and the beats of a lease
      if (ms >= 30_000) await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true }));
      await new Promise((resolve) => setImmediate(resolve));
      await onSleep(sleeps++);
      signal?.throwIfAborted();
    },
  };
}

/** A mover that is given one order, and stopped when it has an outcome, or has had time enough for one. */
async function orderOf(document: { readonly work: unknown; readonly secrets: unknown }): Promise<string> {
  const { source, archive } = await memoryRepositories();
  const store = new MemoryObjectStore();
  const control = new ControlObjects(store);
  const names = controlNames.attempt(task, 1);
  const engine = { version: 1, engine: hex("a", 16), applianceId: "a", beat: 0 };
  const description = { version: 1, task, engine: hex("a", 16), applianceId: "a", createdAt: now, timeLimitMs: 3_600_000, work: document.work };
  const order = async (): Promise<void> => {
    const hello = JSON.parse((await store.get(controlNames.hello(worker))).body.toString()) as { readonly publicKey: string };
    const secrets = typeof document.secrets === "object" ? { taskSha256: documentDigest(description), ...document.secrets } : document.secrets;
    await control.create(controlNames.taskDocument(task), description);
    await control.create(names.order, { version: 1, worker, envelope: sealEnvelope(Buffer.from(hello.publicKey, "base64"), names.order, Buffer.from((JSON.stringify(secrets) as string | undefined) ?? "")).toString("base64") });
    await control.create(controlNames.workerOrder(worker, 1), { version: 1, task, attempt: 1 });
  };
  await store.put(controlNames.engine(worker), json({ ...engine, command: "work" }));
  let refused: string | undefined;
  const logger = { ...silent, warn: (message: string, facts?: Readonly<Record<string, unknown>>) => (message === "a worker could not look for orders" ? (refused ??= String(facts?.["error"])) : undefined) };
  const clock = eventfulClock(async (sleeps) => {
    if (sleeps === 0) await order();
    const isOver = refused !== undefined || (await store.head(names.outcome)) !== undefined || sleeps > maxSleeps;
    if (isOver && sleeps > 1) await store.put(controlNames.engine(worker), json({ ...engine, command: "stop" }));
  });
  const nowhere = (): never => {
    throw new NotFoundError("There is nothing of the kind here.", { code: "NothingHere" });
  };
  const end = await runMover(
    { store, pace: { ...defaultPace, pollMs: 1, beatMs: 10 }, clock, random: systemRandom, logger, openAccount: nowhere, openStorage: ({ bucket }) => (bucket === "backups" ? source.storage : bucket === "cold" ? archive.storage : nowhere()) },
    { worker, instanceId: "i-1", architecture: "x64", maxLifeMs: 3_600_000 },
  );
  const outcome = await control.read(names.outcome, outcomeDocument);
  if (refused !== undefined && /Cannot |is not (a|iterable)|undefined/.test(refused)) throw new Error(refused);
  if (outcome === undefined) return `${end}, ${refused?.replace(/\d+/g, "_") ?? "no outcome"}`;
  const { document: found } = outcome;
  // a mistake in its program is told as one: here it is a finding
  if (found.kind === "failed" && found.error.code === "WorkerFailed") throw new Error(found.error.message);
  return `${end}, ${found.kind} ${found.kind === "failed" ? found.error.code : ""}`;
}

/** Of the mover's loop and its beats together: what takes longer has hung. */
const maxSleeps = 500;
const orders = async (): Promise<Buffer[]> => {
  const { source, archive, point } = await memoryRepositories();
  const handed: RepositoryTask[] = [];
  const workers: RepositoryWorkers = {
    isInProcess: false,
    workInRepository: async (given) => {
      handed.push(given);
      await Promise.reject(new NotFoundError("Nothing is done.", { code: "NothingHere" }));
    },
  };
  const { repository } = source;
  for (const ask of [async () => await repository.verify({ level: "data", workers }), async () => await repository.copy(point, archive.repository, { workers }), async () => await repository.collectGarbage({ workers })]) await ask().then(undefined, () => undefined);
  const access = (over: RepositoryHandOver | undefined): object | undefined => over && { bucket: over.place.bucket, prefix: "", region: "eu-west-1", repositoryId: over.repositoryId, keyRole: over.role, secret: over.secret().toString("base64") };
  const [verifying, copying, collecting] = handed;
  const order = (work: object, { repository: from, target }: Partial<RepositoryTask> = verifying ?? {}): Buffer => json({ work, secrets: { signingKey: signingKey.toString("base64"), repository: access(from), target: access(target), account: { region: "eu-west-1", role: { roleArn: "a", externalId: "b" } }, groupName: "g", startIndex: 1 } });
  return [
    order({ kind: "verify", options: { level: "data", sample: 1, budget: { bytes: 5, durationMs: 5 }, since: now, quarantine: true } }),
    order({ kind: "copy", restorePoint: point, isFull: false }, copying),
    order({ kind: "collect", options: { dryRun: true, graceHours: 1, orphanDays: 1, maxFreedShare: 0.5, waitMinutes: 1 } }, collecting),
    order({ kind: "backup", task: { region: "eu-west-1", snapshotId: "snap-1", resource: "a/b/c", volumeId: "vol-1", attributes: {} } }),
    order({ kind: "restore", restorePoint: point, volumeId: "vol-1", target: { region: "eu-west-1", volumeSizeBytes: 2 ** 30, description: "a", tags: { a: "b" }, clientToken: "c" } }),
  ];
};

const environment = { HOLDFAST_BUCKET: "b", HOLDFAST_BUCKET_OWNER: "111122223333", HOLDFAST_REGION: "eu-west-1", HOLDFAST_PREFIX: "p", HOLDFAST_WORKER: worker, HOLDFAST_ARCHITECTURE: "x64", HOLDFAST_MAX_LIFE_SECONDS: "3600", HOLDFAST_PACE: '{"pollMs":1}', HOLDFAST_INSTANCE_ID: "i-1" };

export const workerWordTargets: readonly FuzzTarget[] = [
  {
    // what a worker says that it verified
    name: "verification-report",
    isJson: true,
    seeds: () => [json(verified), json({ ...verified, isHealthy: false, findings: [finding, { ...finding, object: "idx/a", kind: "index" }] })],
    run: async (input) => {
      const { source } = await memoryRepositories();
      const report = await source.repository.verify({ level: "data", workers: saying(parsed(input)) });
      if (report.isHealthy && report.findings.some(({ kind }) => kind !== "index")) throw new Error("damage was called healthy");
      if (/NaN|undefined|Infinity/.test(inspect(report))) throw new Error(inspect(report));
      return `${String(report.isHealthy)} ${String(report.findings.length > 0)}`;
    },
    tokens: words,
  },
  {
    name: "collection-report",
    isJson: true,
    seeds: () => [json(collected), json({ ...collected, epoch: undefined, stored: undefined, swept: undefined, status: "nothing" })],
    run: async (input) => {
      const { source } = await memoryRepositories();
      const { status, freed, rescued, retiredRecords, orphans, fencedSessions } = await source.repository.collectGarbage({ workers: saying(parsed(input)) });
      for (const count of [freed.packs, freed.bytes, rescued, retiredRecords, orphans, fencedSessions]) if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`a count is ${String(count)}`);
      return status;
    },
    tokens: words,
  },
  {
    // of a point that was copied indeed: what else a worker says of it
    name: "copy-report",
    isJson: true,
    seeds: async () => {
      const { point, copy } = await memoryRepositories();
      const report = { point, resource: "111122223333/eu-west-1/vol-1", createdAt: now, outcome: "copied", copy, volumes: [{ volumeId: "vol-1", sizeBytes: 2 ** 30, method: "full", fullReason: "first", ...amount }], ...amount };
      return [json({ report, events: [{ type: "point:started", point, resource: "a", createdAt: now }, { type: "volume:progress", point, volumeId: "vol-1", ...progress }] })];
    },
    run: async (input) => {
      const { source, archive, point, objects } = await memoryRepositories();
      const { report, events } = (parsed(input) ?? {}) as { readonly report?: unknown; readonly events?: unknown };
      const workers = saying(report, ({ onEvent }) => {
        archive.become(objects.copied);
        for (const event of Array.isArray(events) ? (events as unknown[]) : []) if (isEvent(event)) onEvent?.(event);
      });
      const session = source.repository.copy(point, archive.repository, { workers });
      const seen = new Set<string>();
      for await (const event of session) seen.add(event.type);
      const result = await session;
      if (result.points[0]?.copy === undefined || !Number.isSafeInteger(result.bytesStored)) throw new RangeError("what was copied is not known");
      return [...seen].sort().join(" ");
    },
    tokens: words,
  },
  {
    name: "worker-status",
    isJson: true,
    seeds: () => [
      json({ version: 1, beat: 1, lease: "held", method: { method: "incremental", baseSnapshotId: "snap-1", fullReason: "a" }, progress, isResumable: true, writtenBelow: 5, told }),
      json({ version: 1, kind: "done", result: {}, told }),
      json({ version: 1, kind: "failed", error: { name: "ProviderError", code: "Throttled", message: "b", retryable: true, context: { a: ["b"], c: 1 }, service: "s3", operation: "GetObject", requestId: "r", awsCode: "SlowDown" } }),
      json({ version: 1, kind: "abandoned", reason: "a", isInterruption: true }),
    ],
    run: async (input) => {
      const store = new MemoryObjectStore();
      const heard: string[] = [];
      const relay = new EventRelay(({ type }) => heard.push(type));
      await store.put("tasks/a", signed(signingKey, "tasks/a", input));
      const control = new ControlObjects(store);
      const read = async <Document>(schema: Parameters<typeof control.read<Document>>[1]): Promise<Document | undefined> => await control.read("tasks/a", schema, { signingKey }).then((found) => found?.document, () => undefined);
      const [status, outcome] = [await read(statusDocument), await read(outcomeDocument)];
      if (status?.told !== undefined) relay.pass(status.told);
      if (outcome?.kind === "done" && outcome.told !== undefined) relay.pass(outcome.told);
      const error = outcome?.kind === "failed" ? fromErrorDocument(outcome.error) : undefined;
      if (error !== undefined) inspect(error);
      return `${status?.lease ?? "no status"}, ${outcome?.kind ?? "no outcome"}, ${error?.name ?? "no error"}, ${String(Math.min(3, heard.length))} events`;
    },
    tokens: words,
  },
  {
    // a mover that is given a task and an order
    name: "mover-order",
    isJson: true,
    weight: 2,
    seeds: orders,
    run: async (input) => {
      const document = parsed(input);
      return await orderOf(typeof document === "object" && document !== null ? { work: undefined, secrets: undefined, ...document } : { work: document, secrets: document });
    },
    tokens: words,
  },
  {
    name: "mover-environment",
    isJson: true,
    seeds: () => [json(environment)],
    run: (input) => {
      const given = parsed(input);
      const facts: readonly [string, unknown][] = Object.entries(typeof given === "object" && given !== null ? given : {});
      const texts = Object.fromEntries(facts.flatMap(([name, value]): [string, string][] => (typeof value === "string" ? [[name, value]] : [])));
      const { identity, pace } = moverOptionsOfEnvironment(texts);
      for (const number of [identity.maxLifeMs, ...(Object.values(pace) as number[])]) if (!(Number.isFinite(number) && number > 0)) throw new RangeError(`${String(number)} milliseconds`);
      return "taken";
    },
    tokens: [...words, "HOLDFAST_PACE", "NaN", "1e999", "0x10"],
  },
];

function isEvent(value: unknown): value is { readonly type: string } {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
