// One phase in a process of its own, whose time, processor and memory are measured. Its task lies in a file of JSON, its first argument.
import { readFile } from "node:fs/promises";
import { AwsAccount, Repository, s3Storage } from "../../src/index.js";
import { backUp } from "./back-up.js";
import { backUpVolume, restoreVolume, type Moved } from "./ebs.js";
import { download, upload } from "./move.js";
import type { PhaseFacts, PhaseTask } from "./phase.js";
import { restore } from "./restore.js";

const task = JSON.parse(await readFile(process.argv[2] ?? "", "utf8")) as PhaseTask;
const { region, endpoint, credentials, bucket } = task.server;
const account = new AwsAccount({ region, endpoint, credentials });
const repository = await openRepository(task);

const startedAtMs = performance.now();
const cpuBefore = process.cpuUsage();
const moved = await run(task, repository);
const { user, system } = process.cpuUsage(cpuBefore);
const facts: PhaseFacts = { seconds: (performance.now() - startedAtMs) / 1000, cpuSeconds: (user + system) / 1e6, peakMemoryMib: process.resourceUsage().maxRSS / 1024, ...moved };
process.stdout.write(JSON.stringify(facts));
await account.close();

async function openRepository({ phase, prefix }: PhaseTask): Promise<Repository | undefined> {
  if (phase === "download" || phase === "upload") return undefined;
  const options = { storage: s3Storage({ account, bucket, prefix }), encryption: { key: Buffer.alloc(32, 1) } };
  return phase === "full" || phase === "full-ebs" ? await Repository.create(options) : await Repository.open(options);
}

async function run(what: PhaseTask, opened: Repository | undefined): Promise<Moved> {
  if (what.phase === "download") return await download(account, what.snapshotId, what.path);
  if (what.phase === "upload") return await upload(account, what.path);
  if (opened === undefined) throw new TypeError(`The phase ${what.phase} needs a repository.`);
  switch (what.phase) {
    case "full":
      return await backUp(opened, what.snapshot, "full");
    case "incremental":
    case "unchanged":
      return await backUp(opened, what.snapshot, "incremental");
    case "restore":
      return await restore(opened, what.restoredPath);
    case "full-ebs":
      return await backUpVolume(account, opened, what.volumeId, "full");
    case "incremental-ebs":
      return await backUpVolume(account, opened, what.volumeId, "incremental");
    case "restore-volume":
      return await restoreVolume(account, opened);
  }
}
