import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { anchorsOf, linksOf, project, readDocuments, trimmed, type Document } from "./documents.js";

const documents = await readDocuments();
const byPath = new Map(documents.map((document) => [document.path, document]));

function pageOf(path: string): Document {
  const page = byPath.get(path);
  if (page === undefined) throw new Error(`There is no page ${path}.`);
  return page;
}

describe("the documents", () => {
  it("link to files and headings that are there", async () => {
    const broken: string[] = [];
    for (const document of documents) {
      for (const { at, target, anchor } of linksOf(document)) {
        const isThere = await stat(join(project, target)).then(
          () => true,
          () => false,
        );
        if (!isThere) broken.push(`${at}: ${target} is not there`);
        const page = byPath.get(target);
        if (anchor !== undefined && page !== undefined && !anchorsOf(page).has(anchor)) broken.push(`${at}: ${target} has no heading #${anchor}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it("show lines of the files that they name", async () => {
    const quotes = documents.flatMap(({ blocks }) => blocks).filter(({ file }) => file !== undefined);
    expect(quotes.length).toBeGreaterThan(10);
    for (const { path, line, file = "", lines } of quotes) {
      const source = trimmed((await readFile(join(project, file), "utf8")).split("\n"));
      expect(source.includes(trimmed(lines)), `${path}:${String(line)} is no longer in ${file}`).toBe(true);
    }
  });

  it.each(["README.md", "docs/README.md"])("are all found by who begins at %s", (start) => {
    const found = new Set([start]);
    for (const path of found) for (const { target } of linksOf(pageOf(path))) if (byPath.has(target)) found.add(target);
    expect(documents.map(({ path }) => path).filter((path) => !found.has(path) && path !== "README.md")).toEqual([]);
  });

  it.each(["docs", "docs/guides", "docs/decisions"])("of %s are in the list of its README, in which the site finds them", async (folder) => {
    const { text } = pageOf(`${folder}/README.md`);
    for (const name of (await readdir(join(project, folder))).filter((name) => name.endsWith(".md") && name !== "README.md")) {
      expect(text, name).toContain(`](${name})`);
      expect(text, name).toContain(`: ./${name}\n`);
    }
  });

  it("name errors that the engine raises", async () => {
    const files = (await readdir(join(project, "src"), { recursive: true })).filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.startsWith("local/"));
    const source = (await Promise.all(files.map(async (path) => await readFile(join(project, "src", path), "utf8")))).join("\n");
    const codes = [...pageOf("docs/guides/troubleshooting.md").text.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) => [...cell.matchAll(/`(\w+)`/g)].map(([, code = ""]) => code));
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !code.endsWith("Error") && !source.includes(`"${code}"`))).toEqual([]);
  });

  it.each([
    ["policy/policy-schema.ts", "maxParallel = 64", "maxRetries = 10"],
    ["policy/resolve-policy-options.ts", "defaultRetries = 3", "defaultParallel = 8", "defaultSessionDays = 365"],
    ["policy/record-run.ts", "maxEvents = 5_000"],
    ["repository/slots/encryption-options.ts", "minPassphraseLength = 8"],
    ["repository/slots/repository-keys.ts", "maxSlots = 64"],
    ["repository/slots/read-slots.ts", "maxReadSlots = 256"],
    ["repository/index/index-options.ts", "defaultMemoryBytes = 384 * 2 ** 20"],
    ["repository/pack/pack-options.ts", "minTargetBytes = 8 * mebibyte", "maxTargetBytes = 128 * mebibyte", "minBlocks = 16"],
    ["repository/format/pack-directory.ts", "maxPackEntries = 16_384"],
    ["repository/leases/lease.ts", "maxSilenceMs = 10 * 60_000"],
    ["repository/collect/collect-options.ts", "Default 24.", "Default 0.2; less than 10 GiB is always freed."],
    ["restore/device/device-options.ts", "defaultCacheBytes = 64 * mib"],
    ["retention/retention-options.ts", "maxKeep = 36_500"],
    ["workers/in-process-options.ts", "minBytesPerVolume = 144 * 2 ** 20", "defaultBytesPerVolume = 192 * 2 ** 20", "defaultParallelVolumes = 2", "mostDefaultThreads = 4", "maxThreads = 16"],
    ["workers/pool-options.ts", "mostWorkers = 1_000", "defaultMaxWorkers = 8", "defaultTaskMinutes = 2_880", "wholeNumber(10_080)"],
    ["mover/protocol/pace.ts", "silentAfterMs: 120_000", "idleMs: 60_000"],
    ["adapters/aws/limits/aws-limits.ts", "maxAttempts: 8", "totalTimeoutMs: 300_000", "maxConnections: 256"],
    ["adapters/aws/limits/flight-window.ts", "minWindow = 64", "maxWindow = 384"],
    ["adapters/aws/s3/s3-storage-options.ts", "maxPrefixBytes = 511"],
    ["ports/block.ts", "maxBlocks = 2 ** 27"],
  ])("have the limits of %s: what changes there changes in limits-in-numbers.md", async (file, ...numbers) => {
    const source = await readFile(join(project, "src", file), "utf8");
    expect(numbers.filter((number) => !source.includes(number))).toEqual([]);
  });

  it("begin, in the README, with the two commands that are run in a clean clone", () => {
    const commands = pageOf("README.md").blocks.filter(({ language }) => language === "sh");
    expect(commands.map(({ lines }) => lines.join("\n"))).toEqual(["npm ci && npm run quickstart", "npm ci && npm test"]);
  });
});
