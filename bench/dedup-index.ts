// What the dedup index takes and finds at 10^7, 10^8 and 10^9 blocks. See README.md.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import type { IndexBenchTask, IndexFacts } from "./index/run-index.js";

const budgetBytes = 384 * 2 ** 20;
const entry = fileURLToPath(new URL("./index/run-index.ts", import.meta.url));

/** Sizes by name; beside each, how much an index of the default budget samples at least. */
const tasks: Readonly<Record<string, IndexBenchTask>> = {
  "1e7": { images: 10, memoryBytes: budgetBytes, leastZeroBits: 0 },
  "1e8": { images: 96, memoryBytes: budgetBytes, leastZeroBits: 2 },
  "1e9": { images: 954, memoryBytes: budgetBytes, leastZeroBits: 5 },
};

const { sizes, json } = parseArgs({ options: { sizes: { type: "string", default: Object.keys(tasks).join(",") }, json: { type: "string" } } }).values;
const results: IndexFacts[] = [];
for (const size of sizes.split(",")) {
  const task = tasks[size];
  if (task === undefined) throw new TypeError(`--sizes names ${size}; there are ${Object.keys(tasks).join(", ")}.`);
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", entry, JSON.stringify(task)]);
  const facts = JSON.parse(stdout) as IndexFacts;
  results.push(facts);
  const { workloads, ...index } = facts;
  console.table([index]);
  console.table(workloads);
}
if (json !== undefined) await writeFile(json, `${JSON.stringify(results, undefined, 2)}\n`);
