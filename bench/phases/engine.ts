// One phase in a process of its own, whose time, processor and memory are measured. Its task comes as its first argument, in JSON.
import { AwsAccount } from "../../src/adapters/aws/aws-account.js";
import { s3Storage } from "../../src/adapters/aws/s3/s3-storage.js";
import { Repository } from "../../src/index.js";
import { backUp } from "./back-up.js";
import type { PhaseFacts, PhaseTask } from "./phase.js";
import { restore } from "./restore.js";

const { phase, server, prefix, snapshot, restoredPath } = JSON.parse(process.argv[2] ?? "") as PhaseTask;
const { region, endpoint, credentials, bucket } = server;
const account = new AwsAccount({ region, endpoint, credentials });
const options = { storage: s3Storage({ account, bucket, prefix }), encryption: { key: Buffer.alloc(32, 1) } };
const repository = phase === "full" ? await Repository.create(options) : await Repository.open(options);

const startedAtMs = performance.now();
const cpuBefore = process.cpuUsage();
const counts = phase === "restore" ? await restore(repository, restoredPath) : await backUp(repository, snapshot, phase === "full" ? "full" : "incremental");
const { user, system } = process.cpuUsage(cpuBefore);
const facts: PhaseFacts = { seconds: (performance.now() - startedAtMs) / 1000, cpuSeconds: (user + system) / 1e6, peakMemoryMib: process.resourceUsage().maxRSS / 1024, ...counts };
process.stdout.write(JSON.stringify(facts));
