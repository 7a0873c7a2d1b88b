import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { AwsAccount, checkPermissions, ConfigurationError, EmailNotifier, iamPolicies, ImageBackup, Policy, RecoveryPlan, Repository, Restore, Retention, RetryingObjectStore, s3Storage, ThrottledObjectStore, WebhookNotifier, WorkerPool } from "../../src/index.js";
import type { IamRole } from "../../src/index.js";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import { FileSystem } from "../../src/restore/files/file-system.js";
import { MeasuringObjectStore } from "../../src/testing/index.js";
import { key, newRepository, textBlock } from "../support/backup-world.js";
import { ManualClock } from "../support/manual-clock.js";
import { MemoryCloud } from "../support/memory-cloud.js";
import { MemoryObjectStore } from "../support/memory-object-store.js";

/** A call that takes options, and options with which it would be right: the required ones. */
interface Taker {
  readonly call: (options: never) => unknown;
  readonly right?: object;
}

/** Not called by users: the engine calls them, as its ports, with options that it has checked. The errors are made by the engine. */
const notForUsers = /^(AwsAccount\.(accountId|hasInstanceProfile|openSnapshot(Reader|Writer))|(Retrying|Throttled)ObjectStore\.\w+|(Email|Webhook)Notifier\.notify|WorkerPool\.noteRestore|ReaderSession\.begin|new \w+Error)$/;

const cloud = new MemoryCloud(new ManualClock());
const store = new MeasuringObjectStore(new MemoryObjectStore());
const storage = { location: "memory", openStore: () => Promise.resolve(store) };
const account = new AwsAccount({ region: "eu-west-1", endpoint: "http://127.0.0.1:9", credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" } });
const bundles = { x64: "nowhere.tar.gz" };
const pool = { account, configurationBucket: "configuration", applianceId: "backup-1", bundles };
const fileSystem = new FileSystem({ id: "vol-a/1", volume: "vol-a", type: "ext", sizeBytes: 1 }, { reason: "it is none" });
const role: IamRole = { arn: "arn:aws:iam::111122223333:role/a", name: "a", policy: { Version: "2012-10-17", Statement: [] } } as never;
const document = { version: 1 as const, name: "all", steps: [{ name: "a", resource: "111122223333/eu-west-1/i-a" }] };
const to = { name: "restored", subnetId: "subnet-0a", securityGroupIds: ["sg-0a"] };

let takers: Readonly<Record<string, Taker>>;

beforeAll(async () => {
  const repository = await Repository.create({ storage, encryption: { key } });
  cloud.addVolume("vol-a").blocks.set(0, textBlock("a"));
  cloud.addInstance("i-a", ["vol-a"]);
  const policyOptions = { name: "gold", account: cloud, include: [{ instance: "i-a" }], backup: { repository }, schedule: { daily: { hours: [2] } }, verify: {}, compliance: { encrypted: true as const } };
  const policy = new Policy(policyOptions);
  const { resources } = await policy.run();
  const point: RestorePoint = await repository.restorePoint(resources[0]?.point ?? "");
  const restore = new Restore({ repository, account });
  const workers = new WorkerPool(pool);
  const other = (await newRepository()).repository;
  const plan = new RecoveryPlan(document, { restore, repository, account });
  const pinned = await repository.pin([point]);
  takers = {
    "AwsAccount.assume": { call: (options) => account.assume(options), right: { roleArn: "arn:aws:iam::111122223333:role/a" } },
    "AwsAccount.fromEnvironment": { call: (options) => AwsAccount.fromEnvironment(options), right: { region: "eu-west-1" } },
    "AwsAccount.snsNotifier": { call: (options) => account.snsNotifier(options), right: { topicArn: "arn:aws:sns:eu-west-1:111122223333:backups" } },
    "FileSystem.compareWith": { call: (options) => fileSystem.compareWith(fileSystem, options) },
    "FileSystem.list": { call: (options) => fileSystem.list("/", options) },
    "FileSystem.read": { call: (options) => fileSystem.read("/a", options) },
    "FileSystem.save": { call: (options) => fileSystem.save("/", options), right: { to: "nowhere" } },
    "FileSystem.search": { call: (options) => fileSystem.search(options), right: { name: "a" } },
    "FileSystem.stat": { call: (options) => fileSystem.stat("/", options) },
    "FileSystem.tar": { call: (options) => fileSystem.tar("/", options) },
    "FileSystem.walk": { call: (options) => fileSystem.walk("/", options) },
    "FileSystem.zip": { call: (options) => fileSystem.zip("/", options) },
    "ImageBackup.run": { call: (options) => new ImageBackup({ repository, name: "db-1/data", path: "nowhere" }).run(options) },
    "Policy.alerts": { call: (options) => policy.alerts(options) },
    "Policy.checkAlerts": { call: (options) => policy.checkAlerts(options) },
    "Policy.compliance": { call: (options) => policy.compliance(options) },
    "Policy.coverageReport": { call: (options) => policy.coverageReport(options) },
    "Policy.diff": { call: (options) => policy.diff(policy, options) },
    "Policy.estimate": { call: (options) => policy.estimate(options) },
    "Policy.next": { call: (options) => policy.next(1, options) },
    "Policy.orphans": { call: (options) => policy.orphans(options) },
    "Policy.plan": { call: (options) => policy.plan(options) },
    "Policy.report": { call: (options) => policy.report(options) },
    "Policy.retain": { call: (options) => policy.retain(options) },
    "Policy.run": { call: (options) => policy.run(options) },
    "Policy.sessions": { call: (options) => policy.sessions(options) },
    "Policy.start": { call: (options) => policy.start(options) },
    "Policy.stop": { call: (options) => policy.stop(options) },
    "Policy.unprotected": { call: (options) => policy.unprotected(options) },
    "Policy.verify": { call: (options) => policy.verify(options) },
    "ReaderSession.confirm": { call: (options) => pinned.confirm(options) },
    "RecoveryPlan.plan": { call: (options) => plan.plan(options), right: { region: "eu-west-1" } },
    "RecoveryPlan.run": { call: (options) => plan.run(options), right: { region: "eu-west-1" } },
    "Repository.beginPoint": { call: (options) => repository.beginPoint({ resource: "a", kind: "image", tags: {} }, options) },
    "Repository.collectGarbage": { call: (options) => repository.collectGarbage(options) },
    "Repository.compact": { call: (options) => repository.compact(options) },
    "Repository.copy": { call: (options) => repository.copy(point, other, options) },
    "Repository.create": { call: (options) => Repository.create(options), right: { storage, encryption: { key } } },
    "Repository.open": { call: (options) => Repository.open(options), right: { storage, encryption: { key } } },
    "Repository.pin": { call: (options) => repository.pin([point], options) },
    "Repository.planThaw": { call: (options) => repository.planThaw(point, options) },
    "Repository.recover": { call: (options) => repository.recover(options) },
    "Repository.remove": { call: (options) => repository.remove(point, options) },
    "Repository.repair": { call: (options) => repository.repair(options) },
    "Repository.restorePoint": { call: (options) => repository.restorePoint(point.id, options) },
    "Repository.restorePoints": { call: (options) => repository.restorePoints(options) },
    "Repository.retain": { call: (options) => repository.retain({ count: 1 }, options) },
    "Repository.sessions": { call: (options) => repository.sessions(options) },
    "Repository.statistics": { call: (options) => repository.statistics(options) },
    "Repository.sweep": { call: (options) => repository.sweep(options) },
    "Repository.thaw": { call: (options) => repository.thaw(point, options), right: { tier: "bulk" } },
    "Repository.verify": { call: (options) => repository.verify(options), right: { level: "metadata" } },
    "Repository.verifyLocks": { call: (options) => repository.verifyLocks(options) },
    "RepositoryIndex.merge": { call: (options) => repository.index.merge(options) },
    "RepositoryIndex.rebuild": { call: (options) => repository.index.rebuild(options) },
    "RepositoryKeys.add": { call: (options) => repository.keys.add({ passphrase: "correct horse battery" }, options) },
    "RepositoryKeys.addRecoveryKey": { call: (options) => repository.keys.addRecoveryKey(options) },
    "RepositoryKeys.list": { call: (options) => repository.keys.list(options) },
    "RepositoryKeys.remove": { call: (options) => repository.keys.remove("0123456789abcdef", options) },
    "RepositoryKeys.rotate": { call: (options) => repository.keys.rotate("0123456789abcdef", { key }, options) },
    "Restore.blockDevice": { call: (options) => restore.blockDevice(point, options) },
    "Restore.files": { call: (options) => restore.files(point, options) },
    "Restore.image": { call: (options) => restore.image(point, options), right: { path: "nowhere/disk.img" } },
    "Restore.instance": { call: (options) => restore.instance(point, options), right: { to } },
    "Restore.planImage": { call: (options) => restore.planImage(point, options), right: { path: "nowhere/disk.img" } },
    "Restore.planInstance": { call: (options) => restore.planInstance(point, options), right: { to } },
    "Restore.planOpening": { call: (options) => restore.planOpening(point, options) },
    "Restore.planReplaceVolume": { call: (options) => restore.planReplaceVolume(point, options), right: { volumeId: "vol-0def" } },
    "Restore.planSnapshot": { call: (options) => restore.planSnapshot(point, options) },
    "Restore.planUndo": { call: (options) => restore.planUndo("restore-1", options) },
    "Restore.planVolume": { call: (options) => restore.planVolume(point, options), right: { availabilityZone: "eu-west-1a" } },
    "Restore.replaceVolume": { call: (options) => restore.replaceVolume(point, options), right: { volumeId: "vol-0def" } },
    "Restore.searchFiles": { call: (options) => restore.searchFiles(options), right: { resource: point.resource, name: "a" } },
    "Restore.snapshot": { call: (options) => restore.snapshot(point, options) },
    "Restore.undo": { call: (options) => restore.undo({ id: "restore-1", region: "eu-west-1", removes: [], keeps: [] } as never, options) },
    "Restore.undoInstance": { call: (options) => restore.undoInstance("0123456789abcdef0123456789abcdef", options) },
    "Restore.verify": { call: (options) => restore.verify(point, options) },
    "Restore.volume": { call: (options) => restore.volume(point, options), right: { availabilityZone: "eu-west-1a" } },
    "RestorePoint.blockMap": { call: (options) => point.blockMap(undefined, options) },
    "RestorePoint.measure": { call: (options) => point.measure(undefined, options) },
    "RestorePoint.verifications": { call: (options) => point.verifications(options) },
    "RestorePoint.volumeAttributes": { call: (options) => point.volumeAttributes(undefined, options) },
    "Retention.plan": { call: (options) => new Retention({ count: 1 }).plan([], options), right: { now: new Date() } },
    "WorkerPool.createNetwork": { call: (options) => workers.createNetwork("eu-west-1", options) },
    "WorkerPool.inProcess": { call: (options) => WorkerPool.inProcess(options) },
    "WorkerPool.planNetwork": { call: (options) => workers.planNetwork("eu-west-1", options) },
    "WorkerPool.preflight": { call: (options) => workers.preflight("eu-west-1", options) },
    "WorkerPool.reap": { call: (options) => workers.reap(options) },
    "WorkerPool.removeNetwork": { call: (options) => workers.removeNetwork("eu-west-1", options) },
    checkPermissions: { call: (options) => checkPermissions(account.permissionCheck(), role, options) },
    iamPolicies: { call: (options) => iamPolicies(options), right: { applianceId: "backup-1", accounts: { backup: "111122223333" }, principal: "arn:aws:iam::111122223333:root", configurationBucket: "configuration", repositories: [{ bucket: "backups" }] } },
    "new AwsAccount": { call: (options) => new AwsAccount(options), right: { region: "eu-west-1" } },
    "new EmailNotifier": { call: (options) => new EmailNotifier(options), right: { host: "mail", from: "a@example.com", to: "b@example.com" } },
    "new ImageBackup": { call: (options) => new ImageBackup(options), right: { repository, name: "db-1/data", path: "nowhere" } },
    "new Policy": { call: (options) => new Policy(options), right: policyOptions },
    "new RecoveryPlan": { call: (options) => new RecoveryPlan(document, options), right: { restore, repository, account } },
    "new Restore": { call: (options) => new Restore(options), right: { repository } },
    "new Retention": { call: (options) => new Retention(options), right: { count: 1 } },
    "new RetryingObjectStore": { call: (options) => new RetryingObjectStore(store, options) },
    "new ThrottledObjectStore": { call: (options) => new ThrottledObjectStore(store, options) },
    "new WebhookNotifier": { call: (options) => new WebhookNotifier(options), right: { url: "https://example.com" } },
    "new WorkerPool": { call: (options) => new WorkerPool(options), right: pool },
    s3Storage: { call: (options) => s3Storage(options), right: { account, bucket: "backups" } },
  };
});

/** What is raised, whether at once, by the promise, or by the first step of the iteration. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    const answer = call();
    if (typeof answer === "object" && answer !== null && Symbol.asyncIterator in answer) for await (const _ of answer as AsyncIterable<unknown>) break;
    await answer;
    return undefined;
  } catch (error) {
    return error;
  }
}

const secret = "kept secret";
const wrong: readonly (readonly [what: string, options: (right: object) => unknown, path: string])[] = [
  ["null", () => null, "options"],
  ["a number", () => 7, "options"],
  ["a text", () => secret, "options"],
  ["a list", () => [], "options"],
  ["an option that is none", (right) => ({ ...right, colour: "red" }), "colour"],
  ["a signal that is none", (right) => ({ ...right, signal: 3 }), "signal"],
];

describe("options that are none", () => {
  it("are tried with every call that takes options", async () => {
    const listed = (await readFile(new URL("takes-options.txt", import.meta.url), "utf8")).trim().split("\n");
    expect(listed.filter((name) => !notForUsers.test(name))).toEqual(Object.keys(takers).sort());
  });

  it.each(wrong)("%s: each call names the path, and has asked nobody", async (_, optionsOf, path) => {
    store.reset();
    cloud.calls.length = 0;
    const answers: Record<string, string> = {};
    for (const [name, { call, right = {} }] of Object.entries(takers)) {
      const error = await errorOf(() => call(optionsOf(right) as never));
      const isRight = error instanceof ConfigurationError && error.code === "InvalidOption" && error.context["path"] === path && error.message.startsWith(`${path}: `) && !error.message.includes(secret);
      if (!isRight) answers[name] = error instanceof Error ? `${error.name}: ${error.message}` : "no error";
    }
    expect(answers).toEqual({});
    expect(Object.values(store.measures()).filter(({ calls }) => calls > 0)).toEqual([]);
    expect(cloud.calls).toEqual([]);
  });
});
