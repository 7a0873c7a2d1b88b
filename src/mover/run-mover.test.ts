import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import { ConfigurationError } from "../errors/index.js";
import { resolveEnvironment } from "../session/index.js";
import { SystemClock } from "../system/index.js";
import { ControlObjects, documentDigest } from "./protocol/control-objects.js";
import { helloDocument, outcomeDocument } from "./protocol/documents.js";
import { sealEnvelope } from "./protocol/envelope.js";
import { controlNames } from "./protocol/object-names.js";
import { defaultPace } from "./protocol/pace.js";
import { runMover, type MoverEnd } from "./run-mover.js";

const worker = "a".repeat(32);
const engine = "e".repeat(32);
const task = "b".repeat(32);
const names = controlNames.attempt(task, 1);
const said = { version: 1, engine, applianceId: "test", beat: 1 };
const description = { version: 1, task, engine, applianceId: "test", createdAt: "now", timeLimitMs: 60_000, work: { kind: "backup", task: { region: "eu-west-1", snapshotId: "snap-1", resource: "a/b/c", volumeId: "vol-1", attributes: {} } } };
const signingKey = Buffer.alloc(32, 3);

let control: ControlObjects;
let warnings: string[];
let ended: Promise<MoverEnd>;
let etag: string | false;
beforeEach(async () => {
  const store = new MemoryObjectStore();
  control = new ControlObjects(store);
  warnings = [];
  const logger = { debug: () => undefined, info: () => undefined, error: () => undefined, warn: (_message: string, facts?: Readonly<Record<string, unknown>>) => void warnings.push(String(facts?.["error"])) };
  const openAccount = (): never => {
    throw new ConfigurationError("there is no account here", { code: "NotReachable" });
  };
  etag = await control.create(controlNames.engine(worker), { ...said, command: "work" });
  ended = runMover({ ...resolveEnvironment({ clock: new SystemClock(), logger }), store, pace: { ...defaultPace, pollMs: 1 }, openAccount, openStorage: openAccount }, { worker, instanceId: "i-1", architecture: "x64", maxLifeMs: 60_000 });
});
afterEach(async () => {
  if (etag !== false) await control.replace(controlNames.engine(worker), { ...said, command: "stop" }, etag);
  expect(await ended).toBe("stopped");
});

/** Waits until something is so. */
async function until<Found>(look: () => Promise<Found | undefined> | Found | undefined): Promise<Found> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Orders the task whose digest it is, and puts `written` in its place. */
async function order(taskSha256: string, written: object): Promise<void> {
  const hello = await until(async () => await control.read(controlNames.hello(worker), helloDocument));
  const secrets = { signingKey: signingKey.toString("base64"), taskSha256, repository: { bucket: "b", prefix: "", region: "eu-west-1", repositoryId: "c".repeat(32), keyRole: "writer", secret: "" }, account: { region: "eu-west-1" }, groupName: "groups/a/b" };
  await control.create(controlNames.taskDocument(task), written);
  const envelope = sealEnvelope(Buffer.from(hello.document.publicKey, "base64"), names.order, Buffer.from(JSON.stringify(secrets)));
  await control.create(names.order, { version: 1, worker, envelope: envelope.toString("base64") });
  await control.create(controlNames.workerOrder(worker, 1), { version: 1, task, attempt: 1 });
}

describe("a worker", () => {
  it("does the task that its order names, and says how it ended", async () => {
    await order(documentDigest(description), description);
    const outcome = await until(async () => await control.read(names.outcome, outcomeDocument, { signingKey }));
    expect(outcome.document).toMatchObject({ kind: "failed", error: { code: "NotReachable" } });
  });

  it("does no other task under that order, whoever has put it in the task's place", async () => {
    const other = { ...description, work: { ...description.work, task: { ...description.work.task, snapshotId: "snap-of-somebody" } } };
    await order(documentDigest(description), other);
    const warning = await until(() => warnings[0]);
    expect(warning).toMatch(/another task than the one that was ordered/);
    expect(await control.read(names.claim, outcomeDocument)).toBeUndefined();
  });
});
