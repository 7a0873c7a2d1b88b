// How a repository of many blocks and points fares: opening, listing, restoring from it, collecting. See README.md.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import type { ScaleFacts, ScaleTask } from "./scale/run-scale.js";

const entry = fileURLToPath(new URL("./scale/run-scale.ts", import.meta.url));
const { volumes, blocks, points, directory } = parseArgs({
  options: {
    volumes: { type: "string", default: "100" },
    blocks: { type: "string", default: "100000" },
    points: { type: "string", default: "10" },
    directory: { type: "string", default: tmpdir() },
  },
}).values;

const path = await mkdtemp(join(directory, "holdfast-scale-"));
try {
  const tasks: ScaleTask[] = [
    { task: "make", path, volumes: count(volumes), blocks: count(blocks), pointsPerVolume: count(points) },
    { task: "open and list", path },
    { task: "restore", path },
    { task: "collect", path },
  ];
  for (const task of tasks) {
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", entry, JSON.stringify(task)]);
    const { found, ...facts } = JSON.parse(stdout) as ScaleFacts;
    console.table([{ ...facts, ...found }]);
  }
} finally {
  await rm(path, { recursive: true, force: true });
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`${text} is not a whole number from 1.`);
  return value;
}
