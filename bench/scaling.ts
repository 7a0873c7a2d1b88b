// How the road scales: threads, reads in flight, latency. npm run bench:scaling -- [--size MIB] [--node PATH]
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { builtEntries } from "./built-entry.js";
import { makeDiskImages } from "./disk-image.js";
import type { ScalingFacts, ScalingTask } from "./scaling/run-scaling.js";
import { ServerProcess } from "./server-process.js";

const { size, node } = parseArgs({ options: { size: { type: "string", default: "1024" }, node: { type: "string", default: process.execPath } } }).values;
const entry = join(await builtEntries(), "run-scaling.js");
const folder = await mkdtemp(join(tmpdir(), "holdfast-scaling-"));
const server = await ServerProcess.start(join(folder, "cloud"));
try {
  const { firstPath } = await makeDiskImages(folder, Number(size));
  const volumeId = await server.makeVolume(firstPath);
  const rows: ScalingFacts[] = [];
  const run = async (task: Omit<ScalingTask, "server" | "volumeId" | "prefix">): Promise<void> => {
    await server.setLatency(task.latencyMs);
    const argument: ScalingTask = { ...task, server: server.facts, volumeId, prefix: `run-${String(rows.length)}` };
    const { stdout } = await promisify(execFile)(node, [entry, JSON.stringify(argument)], { env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" } });
    rows.push(JSON.parse(stdout) as ScalingFacts);
  };
  for (const threads of [0, 1, 2, 4]) await run({ work: "back up", threads, inFlight: "own", latencyMs: 0 });
  for (const inFlight of [1, 16, 64, 256] as const) await run({ work: "read", threads: 0, inFlight, latencyMs: 0 });
  for (const latencyMs of [0, 1, 10, 50, 100]) for (const inFlight of [64, 256, "own"] as const) await run({ work: "read", threads: 0, inFlight, latencyMs });
  console.table(rows);
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
