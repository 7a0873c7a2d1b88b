import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

// Compiles a user's program against the types of the packed package: by the oldest and the newest compiler that it is for, in each way of resolving modules. It needs `npm run build`.

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const run = promisify(execFile);
const project = fileURLToPath(new URL("../..", import.meta.url));
const compilers = ["typescript-oldest", "typescript-newest"] as const;
const resolutions = {
  node16: { module: "node16", moduleResolution: "node16" },
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
} as const;
/** Since 5.8 `nodenext` knows that Node requires what is ESM; before, types alone could be had from CommonJS. */
const byRequire = 'import holdfast = require("holdfast");\nexport const retention: holdfast.Retention = new holdfast.Retention({ daily: 7 });\n';

const folder = await mkdtemp(join(tmpdir(), "holdfast-types-"));
try {
  await install();
  const failures: string[] = [];
  for (const compiler of compilers) {
    const { version } = JSON.parse(await readFile(join(project, "node_modules", compiler, "package.json"), "utf8")) as { readonly version: string };
    for (const [name, options] of Object.entries(resolutions)) {
      const files = compiler === "typescript-newest" && name === "nodenext" ? ["user.ts", "required.cts"] : ["user.ts"];
      const said = await compile(compiler, options, files);
      process.stdout.write(`TypeScript ${version}, ${name}: ${said === "" ? "compiles" : `fails\n${said}`}\n`);
      if (said !== "") failures.push(`${version} ${name}`);
    }
  }
  if (failures.length > 0) throw new Error(`The package's types do not compile with TypeScript ${failures.join(", ")}.`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The packed package in a folder of its own, and what it needs beside it. */
async function install(): Promise<void> {
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], { cwd: project });
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "holdfast"), { recursive: true });
  await run("tar", ["-xzf", join(folder, stdout.trim()), "--strip-components=1", "-C", join(modules, "holdfast")]);
  const { dependencies, peerDependencies } = JSON.parse(await readFile(join(project, "package.json"), "utf8")) as Manifest;
  for (const name of [...Object.keys(dependencies), ...Object.keys(peerDependencies), "@types/node"]) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(project, "node_modules", name), join(modules, name));
  }
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(join(folder, "user.ts"), await readFile(new URL("./user.ts", import.meta.url)));
  await writeFile(join(folder, "required.cts"), byRequire);
}

/** What the compiler says; nothing where all is well. */
async function compile(compiler: (typeof compilers)[number], resolution: object, files: readonly string[]): Promise<string> {
  // the declarations of the package's dependencies are checked too
  const compilerOptions = { ...resolution, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true, target: "es2022", lib: ["es2023"], types: ["node"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  try {
    await run(process.execPath, [join(project, "node_modules", compiler, "bin", "tsc"), "-p", folder], { cwd: folder });
    return "";
  } catch (error) {
    return (error as { readonly stdout: string }).stdout;
  }
}
