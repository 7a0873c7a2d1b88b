import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Restore } from "../../src/index.js";
import { SeededRandom } from "../../src/testing/seeded-random.js";
import { backUpImage } from "../support/image-world.js";
import { makeDevicesBed, type DevicesBed } from "./devices-bed.js";
import { runTool } from "./run-tool.js";

let bed: DevicesBed;

beforeAll(async () => {
  bed = await makeDevicesBed();
});
afterAll(async () => {
  await bed.remove();
});

/** Letters of names of which FAT keeps some only in long names. */
const letters = "abcdefghijKLMNOP0123 _-+,;=üñé";

async function makeTree(folder: string, random: SeededRandom, depth: number): Promise<void> {
  await mkdir(folder);
  const below = (limit: number): number => Math.floor(random.fraction() * limit);
  for (let count = 3 + below(25); count > 0; count--) {
    const length = 1 + below(random.fraction() < 0.3 ? 100 : 12);
    const name = `${String(count)}${Array.from({ length }, () => Array.from(letters)[below(Array.from(letters).length)]).join("").trim()}x${random.fraction() < 0.5 ? ".Txt" : ""}`;
    if (depth > 0 && random.fraction() < 0.15) await makeTree(join(folder, name), random, depth - 1);
    else await writeFile(join(folder, name), Buffer.alloc(below(random.fraction() < 0.2 ? 300_000 : 3_000), name));
  }
}

async function listHost(folder: string, prefix = ""): Promise<Map<string, unknown>> {
  const all = new Map<string, unknown>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const [path, place] = [prefix + entry.name, join(folder, entry.name)];
    if (entry.isDirectory()) {
      all.set(path, "folder");
      for (const [name, facts] of await listHost(place, `${path}/`)) all.set(name, facts);
    } else all.set(path, { sha256: createHash("sha256").update(await readFile(place)).digest("hex"), modifiedAt: Math.floor((await stat(place)).mtimeMs / 2_000) });
  }
  return all;
}

describe("FAT file systems made by mkfs.fat and mtools", () => {
  for (const [bits, sizeMib, sectors] of [[12, 8, 8], [16, 64, 4], [32, 80, 1], [32, 300, 8]] as const) {
    it(`FAT${String(bits)}, ${String(sizeMib)} MiB, ${String(sectors)} sectors a cluster: every file's name, content and time, also after deletions`, async () => {
      const [tree, image] = [join(bed.folder, `tree${String(sizeMib)}`), join(bed.folder, "fat.img")];
      await makeTree(tree, new SeededRandom(sizeMib), 3);
      const second = join(bed.folder, `second${String(sizeMib)}`);
      await makeTree(second, new SeededRandom(sizeMib + 1), 1);
      await runTool("bash", ["-c", 'rm -f "$1" && truncate -s "$2M" "$1" && mkfs.fat -F "$3" -s "$4" "$1" >/dev/null && export LANG=C.UTF-8 LC_ALL=C.UTF-8 TZ=UTC && mcopy -s -m -i "$1" "$0"/* :: && first=$(ls "$0" | grep -v "[^ -~]" | head -n 1) && mdeltree -i "$1" "::$first" && mcopy -s -m -i "$1" "$5" ::second', tree, image, String(sizeMib), String(bits), String(sectors), second]);
      const [first] = (await runTool("bash", ["-c", 'export LANG=C.UTF-8 LC_ALL=C.UTF-8; ls "$0" | grep -v "[^ -~]"', tree])).split("\n");
      const expected = await listHost(tree);
      for (const path of expected.keys()) if (path === first || path.startsWith(`${first!}/`)) expected.delete(path);
      expected.set("second", "folder");
      for (const [path, facts] of await listHost(second, "second/")) expected.set(path, facts);
      await using files = await new Restore({ repository: bed.repository }).files(await backUpImage(bed.repository, image, `fat ${String(sizeMib)}`));
      expect(files.fileSystems).toMatchObject([{ type: "fat", engine: "fat" }]);
      const found = new Map<string, unknown>();
      for await (const { path, kind, modifiedAt } of files.fileSystem().walk()) {
        const hash = createHash("sha256");
        if (kind === "file") for await (const piece of files.fileSystem().read(path)) hash.update(piece);
        found.set(path, kind === "folder" ? "folder" : { sha256: hash.digest("hex"), modifiedAt: Math.floor((modifiedAt?.getTime() ?? 0) / 2_000) });
      }
      expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
    });
  }
});
