import { describe, expect, it } from "vitest";
import { compareFolders } from "./compare-files.js";
import type { FileEntry } from "./file-entry.js";
import { fileNotFound, notAFolder } from "./file-errors.js";
import type { FileSystemReader } from "./file-system-reader.js";
import { tarOf } from "./tar/tar-of.js";
import { entriesFrom, walk } from "./walk.js";
import { zipOf } from "./zip/zip-of.js";

/** A folder's names, each with the inode that it leads to. */
type Names = readonly (readonly [name: string, inode: number])[];

/** A file system of folders, and of what else `others` says, in which any name may lead to any inode. Of two names a path leads to the first. */
function readerOf(folders: Readonly<Record<number, Names>>, others: Readonly<Record<number, "link" | "file">> = {}): FileSystemReader {
  const entry = (path: string, name: string, inode: number): FileEntry => ({ path, name, inode: String(inode), kind: others[inode] ?? "folder", sizeBytes: 0, ...(others[inode] === "link" && { linkTarget: "/etc" }) });
  const find = (path: string): number => {
    let inode = 2;
    for (const part of path.split("/").filter((one) => one !== "")) {
      const next = folders[inode]?.find(([name]) => name === part)?.[1];
      if (next === undefined) throw fileNotFound(path);
      inode = next;
    }
    return inode;
  };
  return {
    async *list(path) {
      const names = folders[find(path)];
      if (names === undefined) throw notAFolder(path);
      for (const [name, inode] of names) yield await Promise.resolve(entry(path === "" ? name : `${path}/${name}`, name, inode));
    },
    stat: (path) => Promise.resolve(entry(path, path.split("/").at(-1) ?? "", find(path))),
    async *read() {
      // no file has anything in it
    },
    close: () => Promise.resolve(),
  };
}

async function paths(entries: AsyncIterable<FileEntry>): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of entries) found.push(path);
  return found;
}

describe("a walk", () => {
  it("gives each folder before what is in it, in the order of the names", async () => {
    expect(await paths(walk(readerOf({ 2: [["b", 3], ["a", 4]], 3: [["c", 5]], 4: [], 5: [] }), ""))).toEqual(["a", "b", "b/c"]);
  });

  it.each([
    ["within itself", { 2: [["a", 3]], 3: [["b", 3]] }],
    ["in two places", { 2: [["a", 3], ["b", 4]], 3: [], 4: [["c", 3]] }],
    ["in more places than could ever be walked", Object.fromEntries(Array.from({ length: 60 }, (_, depth): [number, Names] => [depth + 2, depth === 59 ? [] : [["a", depth + 3], ["b", depth + 3], ["c", depth + 3]]]))],
  ] as readonly (readonly [string, Readonly<Record<number, Names>>])[])("ends with an error where a folder lies %s", async (_what, folders) => {
    await expect(paths(walk(readerOf(folders), ""))).rejects.toMatchObject({ code: "DamagedFileSystem" });
  });

  it("gives both of one name, and what can be reached of them", async () => {
    expect(await paths(walk(readerOf({ 2: [["x", 3], ["x", 4], ["x", 5]], 3: [["inside", 6]], 5: [["lost", 6]] }, { 4: "link", 6: "file" }), ""))).toEqual(["x", "x/inside", "x", "x"]);
  });
});

describe("an archive", () => {
  const twins = readerOf({ 2: [["x", 3], ["x", 4], ["x", 5]], 3: [["inside", 6]], 5: [["passwd", 6]] }, { 4: "link", 6: "file" });

  it.each([
    ["tar", tarOf],
    ["zip", zipOf],
  ] as const)("(%s) holds no second entry of a name, through which it could be unpacked elsewhere", async (_kind, archive) => {
    const pack = async (): Promise<void> => {
      for await (const piece of archive(twins, "")) expect(piece.includes("passwd")).toBe(false);
    };
    await expect(pack()).rejects.toMatchObject({ code: "DamagedFileSystem" });
    await expect(paths(entriesFrom(twins, await twins.stat(""), {}))).rejects.toThrow(/two "x"/);
  });
});

describe("a comparison", () => {
  it("ends where folders of both lie within themselves", async () => {
    const circle = readerOf({ 2: [["a", 3]], 3: [["a", 3]] });
    const compare = async (): Promise<void> => {
      for await (const difference of compareFolders(circle, circle, "")) expect(difference).toBeUndefined();
    };
    await expect(compare()).rejects.toMatchObject({ code: "DamagedFileSystem" });
  });
});
