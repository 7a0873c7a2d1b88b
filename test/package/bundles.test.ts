import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entry } from "../../tsup.config.js";

interface Output {
  readonly bytes: number;
  readonly imports: readonly { readonly path: string; readonly kind: string; readonly external?: boolean }[];
}

const project = fileURLToPath(new URL("../..", import.meta.url));
const kib = 1024;
/** What both builds have in common, and none of it is a matter of the machine. */
const plain = { config: false, format: "esm", target: "node20", platform: "node", silent: true, metafile: true, dts: false } as const;

let folder: string;
let outputs: Readonly<Record<string, Output>>;

/** The package, built as it is published, in a folder where a user's bundler finds it. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-bundles-"));
  const installed = join(folder, "node_modules", "holdfast");
  await mkdir(installed, { recursive: true });
  await symlink(join(project, "node_modules"), join(installed, "node_modules"));
  await writeFile(join(installed, "package.json"), await readFile(join(project, "package.json")));
  await build({ ...plain, entry, splitting: true, keepNames: true, outDir: join(installed, "dist") });
  outputs = await outputsIn(join(installed, "dist"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function outputsIn(directory: string): Promise<Readonly<Record<string, Output>>> {
  return (JSON.parse(await readFile(join(directory, "metafile-esm.json"), "utf8")) as { readonly outputs: Readonly<Record<string, Output>> }).outputs;
}

/** The packages that importing a file loads: not those that it imports when they are first used. */
function packagesLoadedBy(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return new Set();
  seen.add(name);
  const statics = (outputs[name]?.imports ?? []).filter(({ kind }) => kind === "import-statement");
  return new Set(statics.flatMap(({ path, external }) => (external === true ? [path] : [...packagesLoadedBy(path, seen)])).filter((path) => !isBuiltin(path)));
}

/** The bytes of programs that use one name of the package each, as a bundler makes them. */
async function bytesOf(names: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const programs = names.map((name) => join(folder, `${name}.js`));
  for (const [position, name] of names.entries()) await writeFile(programs[position] ?? "", `import { ${name} } from "holdfast"; console.log(${name});`);
  const outDir = join(folder, "bundles");
  // not the project's own, whose paths lead to the source
  const tsconfig = join(folder, "tsconfig.json");
  await writeFile(tsconfig, "{}");
  await build({ ...plain, tsconfig, entry: programs, outDir, minify: true, splitting: false, noExternal: [/.*/] });
  return Object.fromEntries(Object.entries(await outputsIn(outDir)).map(([path, { bytes }]) => [basename(path, ".js"), bytes]));
}

describe("the built package", () => {
  it("loads no AWS client when it is imported, and nothing that clients need", () => {
    const index = Object.keys(outputs).find((name) => name.endsWith("holdfast/dist/index.js")) ?? "";
    expect([...packagesLoadedBy(index)].sort()).toEqual(["@opentelemetry/api", "croner", "fast-xml-parser", "p-retry", "temporal-polyfill", "zod"]);
  });

  it("lets a bundler take alone what stands alone", async () => {
    const most: Readonly<Record<string, number>> = { HoldfastError: 4 * kib, iamPolicies: 160 * kib, Retention: 220 * kib };
    const bytes = await bytesOf(Object.keys(most));
    expect(Object.keys(bytes).sort()).toEqual(Object.keys(most).sort());
    for (const [name, limit] of Object.entries(most)) expect(bytes[name], name).toBeLessThan(limit);
  });
});
