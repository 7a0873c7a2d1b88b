import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

/** The bytes of a program that uses one name of the package, as a bundler makes it. */
async function bytesOf(name: string): Promise<number> {
  const program = join(folder, `${name}.js`);
  await writeFile(program, `import { ${name} } from "holdfast"; console.log(${name});`);
  const outDir = join(folder, `bundle-${name}`);
  // not the project's own, whose paths lead to the source
  const tsconfig = join(folder, "tsconfig.json");
  await writeFile(tsconfig, "{}");
  await build({ ...plain, tsconfig, entry: [program], outDir, minify: true, splitting: false, noExternal: [/.*/] });
  return Object.values(await outputsIn(outDir)).reduce((sum, { bytes }) => sum + bytes, 0);
}

describe("the built package", () => {
  it("loads no AWS client when it is imported, and nothing that clients need", () => {
    const index = Object.keys(outputs).find((name) => name.endsWith("holdfast/dist/index.js")) ?? "";
    expect([...packagesLoadedBy(index)].sort()).toEqual(["@opentelemetry/api", "croner", "fast-xml-parser", "p-retry", "temporal-polyfill", "zod"]);
  });

  it("lets a bundler take alone what stands alone", async () => {
    expect(await bytesOf("HoldfastError")).toBeLessThan(4 * kib);
    expect(await bytesOf("iamPolicies")).toBeLessThan(160 * kib);
    expect(await bytesOf("Retention")).toBeLessThan(220 * kib);
  });
});
