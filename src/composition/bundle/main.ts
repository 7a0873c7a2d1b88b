#!/usr/bin/env node
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { makeBundle } from "./make-bundle.js";
import { checkRuntime, nodeVersion } from "./node-runtime.js";

// holdfast-bundle: makes the data mover's bundle for an architecture, with a Node runtime of its own.

const run = promisify(execFile);

const { values } = parseArgs({
  options: {
    architecture: { type: "string", default: "x64" },
    output: { type: "string" },
    node: { type: "string" },
    mover: { type: "string" },
  },
});
const { architecture, node } = values;
if (architecture !== "x64" && architecture !== "arm64") throw new Error(`--architecture: must be x64 or arm64, not ${architecture}`);
const program = values.mover ?? new URL("../mover/mover.mjs", import.meta.url).pathname;
const output = resolve(values.output ?? `holdfast-mover-${architecture}.tar.gz`);
const { body, sha256 } = makeBundle([
  { name: "node", body: node === undefined ? await fetchNode(architecture) : await readFile(node), isExecutable: true },
  { name: "mover.mjs", body: await readFile(program), isExecutable: false },
  { name: "seal-thread.mjs", body: await readFile(join(dirname(program), "seal-thread.mjs")), isExecutable: false },
]);
await writeFile(output, body);
process.stdout.write(`${sha256}  ${output}\n`);

/** Node's binary out of its npm package, which is the one that was meant. */
async function fetchNode(wanted: "x64" | "arm64"): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-bundle-"));
  try {
    const { stdout } = await run("npm", ["pack", `node-linux-${wanted}@${nodeVersion}`, "--silent", "--pack-destination", folder], { cwd: folder });
    const archive = join(folder, stdout.trim());
    checkRuntime(await readFile(archive), wanted);
    await run("tar", ["-xzf", archive, "-C", folder, "package/bin/node"]);
    return await readFile(join(folder, "package", "bin", "node"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
