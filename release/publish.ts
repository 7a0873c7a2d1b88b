import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { releaseProblems } from "./release-problems.js";

// `npm run release`: publishes the package of the commit that is checked out, with its provenance and the list of what it brings along (SBOM). `--dry-run` does all but the last step; with
// `--checked`, too, it takes what was just checked and built. Provenance is signed by the identity of a CI job (https://docs.npmjs.com/generating-provenance-statements), so that elsewhere npm refuses.

const { values: { "dry-run": isDryRun, checked: isChecked } } = parseArgs({ options: { "dry-run": { type: "boolean", default: false }, checked: { type: "boolean", default: false } } });

const problems = await releaseProblems(process.cwd());
if (problems.length > 0) {
  process.stderr.write(`Not published:\n${problems.map((problem) => `- ${problem}\n`).join("")}`);
  process.exit(1);
}
if (isChecked && !isDryRun) throw new Error("--checked is for --dry-run: what is published is checked here and now.");
// it builds, too
if (!isChecked) await run(".ci/run", []);
// of what is locked, not of what lies about in node_modules; development is none of a user's business
const bill = await run("npm", ["sbom", "--sbom-format", "cyclonedx", "--sbom-type", "library", "--omit", "dev", "--package-lock-only"], "read");
await mkdir("dist", { recursive: true });
await writeFile("dist/sbom.cdx.json", bill);
await run("npm", ["publish", "--access", "public", ...(isDryRun ? ["--dry-run"] : ["--provenance"])]);

/** Runs a program; what it prints is shown, or read. One that fails ends the release. */
async function run(program: string, options: readonly string[], output: "show" | "read" = "show"): Promise<string> {
  const child = spawn(program, options, { stdio: ["ignore", output === "show" ? "inherit" : "pipe", "inherit"] });
  const parts: Buffer[] = [];
  child.stdout?.on("data", (part: Buffer) => parts.push(part));
  const code = await new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject));
  if (code !== 0) throw new Error(`${program} ${options.join(" ")} ended with ${String(code)}: nothing was published.`);
  return Buffer.concat(parts).toString("utf8");
}
