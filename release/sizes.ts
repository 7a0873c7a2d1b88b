import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { installedFor, nameOf, type Lockfile } from "./lockfile.js";

// `npm run sizes`: what installing the package brings along, by package and in all, as docs/package.md has it. On this machine: of platform packages only its own count.

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const manifest = JSON.parse(await readFile("package.json", "utf8")) as Manifest;
const lock = JSON.parse(await readFile("package-lock.json", "utf8")) as Lockfile;
const optional = Object.keys(manifest.peerDependencies).filter((name) => manifest.peerDependenciesMeta[name]?.optional === true);
const always = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies).filter((name) => !optional.includes(name))];

const sizes = new Map<string, number>();
for (const path of installedFor(lock, [...always, ...optional]).keys()) {
  const bytes = await bytesIn(path);
  if (bytes !== undefined) sizes.set(path, bytes);
}

const installed = [...installedFor(lock, always).keys()].filter((path) => sizes.has(path));
process.stdout.write(`${String(installed.length)} packages, ${mib(installed)} MiB\n\n| package | its own MiB | what it needs and nobody else, MiB |\n|---|---|---|\n`);
for (const name of always) {
  const without = new Set(installedFor(lock, always.filter((other) => other !== name)).keys());
  const alone = installed.filter((path) => !without.has(path) && nameOf(path) !== name);
  process.stdout.write(`| ${name} | ${mib([`node_modules/${name}`])} | ${alone.length === 0 ? "" : `${mib(alone)} (${alone.map(nameOf).join(", ")})`} |\n`);
}
for (const name of optional) {
  const added = [...installedFor(lock, [...always, name]).keys()].filter((path) => sizes.has(path) && !installed.includes(path));
  process.stdout.write(`| ${name}, optional | ${mib(added)} | |\n`);
}

function mib(paths: readonly string[]): string {
  return (paths.reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0) / 2 ** 20).toFixed(2);
}

/** The bytes of a package's files, without the packages below it; `undefined` where it is not installed, being for another platform. */
async function bytesIn(folder: string): Promise<number | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return undefined;
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) bytes += (await stat(path)).size;
    else if (entry.name !== "node_modules") bytes += (await bytesIn(path)) ?? 0;
  }
  return bytes;
}
