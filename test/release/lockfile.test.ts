import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { installedFor, nameOf, type Lockfile } from "../../release/lockfile.js";

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

async function readJson<Content>(name: string): Promise<Content> {
  return JSON.parse(await readFile(new URL(`../../${name}`, import.meta.url), "utf8")) as Content;
}

describe("what is installed with the package", () => {
  it("is found as Node finds it: the nearest one upwards, with what it needs itself", () => {
    const lock = {
      packages: {
        "": {},
        "node_modules/a": { dependencies: { b: "2" }, peerDependencies: { d: "*", e: "*" }, peerDependenciesMeta: { e: { optional: true } } },
        "node_modules/a/node_modules/b": { optionalDependencies: { c: "1" } },
        "node_modules/b": {},
        "node_modules/c": { dependencies: { b: "1" } },
        "node_modules/d": {},
        "node_modules/e": {},
      },
    };
    expect([...installedFor(lock, ["a"]).keys()].sort()).toEqual(["node_modules/a", "node_modules/a/node_modules/b", "node_modules/b", "node_modules/c", "node_modules/d"]);
    expect(() => installedFor(lock, ["f"])).toThrow("has no f");
  });

  it("runs no script when it is installed", async () => {
    const { dependencies, peerDependencies } = await readJson<Manifest>("package.json");
    const installed = installedFor(await readJson<Lockfile>("package-lock.json"), [...Object.keys(dependencies), ...Object.keys(peerDependencies)]);
    expect(installed.size).toBeGreaterThan(Object.keys(dependencies).length);
    expect([...installed].filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path)).toEqual([]);
  });

  it("has what is native for arm64, too, on Linux and macOS", async () => {
    const { dependencies, peerDependencies } = await readJson<Manifest>("package.json");
    const installed = installedFor(await readJson<Lockfile>("package-lock.json"), [...Object.keys(dependencies), ...Object.keys(peerDependencies)]);
    const platforms = [...installed].filter(([, { cpu }]) => cpu !== undefined).map(([path]) => nameOf(path));
    const families = new Set(platforms.filter((name) => name.includes("linux-x64")).map((name) => name.slice(0, name.indexOf("-linux-x64"))));
    expect([...families]).toEqual(["@napi-rs/xattr", "@toondepauw/node-zstd"]);
    for (const family of families) {
      for (const platform of ["linux-arm64", "darwin-arm64"]) expect(platforms.filter((name) => name.startsWith(`${family}-${platform}`)), platform).not.toEqual([]);
      // by glibc and by musl, as on x64
      expect(platforms.filter((name) => name.startsWith(`${family}-linux-arm64`)).length).toBe(platforms.filter((name) => name.startsWith(`${family}-linux-x64`)).length);
    }
  });
});
