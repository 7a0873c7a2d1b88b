// The engine's process of a soak: its folder and options are its arguments.
import { writeFile } from "node:fs/promises";
import { summaryOf, type SoakReport } from "./report.js";
import { soak } from "./soak.js";
import type { SoakOptions } from "./soak-options.js";

const [folder = "", given = ""] = process.argv.slice(2);
const options = JSON.parse(given) as SoakOptions;

async function save(report: SoakReport): Promise<void> {
  if (options.jsonPath !== undefined) await writeFile(options.jsonPath, JSON.stringify(report));
}

const report = await soak(folder, options, save);
await save(report);
console.log(summaryOf(report));
if (report.finding !== undefined) process.exitCode = 1;
