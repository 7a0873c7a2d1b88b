import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { key, storageOf } from "../../../test/support/backup-world.js";
import { backUpImage } from "../../../test/support/image-world.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { Restore } from "../../composition/restore.js";
import { Repository } from "../../repository/repository.js";
import type { FoundFile } from "./search-points.js";

it("a search over a resource's restore points gives each distinct version of a file once, with the points that hold it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-test-"));
  try {
    const repository = await Repository.create({ storage: storageOf(new MemoryObjectStore()), encryption: { key } });
    const image = gunzipSync(await readFile(new URL("../../../test/fixtures/fat.img.gz", import.meta.url)));
    const path = join(folder, "disk.img");
    const ids: string[] = [];
    const backUp = async (resource = "my-disk"): Promise<void> => {
      await writeFile(path, image);
      ids.push((await backUpImage(repository, path, resource)).id);
    };
    await backUp();
    await backUp();
    // the time of one file, in its folder's entry
    const entry = image.indexOf("SHORT   TXT", 0, "latin1");
    image.writeUInt16LE(image.readUInt16LE(entry + 22) + 32, entry + 22);
    await backUp();
    // and one is gone
    image.writeUInt8(0xe5, entry);
    await backUp();
    await backUp("another");
    const restore = new Restore({ repository });
    const search = async (options: object): Promise<FoundFile[]> => {
      const found = [];
      for await (const file of restore.searchFiles({ resource: "my-disk", ...options } as never)) found.push(file);
      return found;
    };
    const [short, ...others] = await search({ name: /^short/i });
    expect(others).toEqual([]);
    expect(short).toMatchObject({ fileSystem: "disk", path: "SHORT.TXT" });
    expect(short!.versions.map(({ restorePoints }) => restorePoints.map(({ id }) => id))).toEqual([[ids[0], ids[1]], [ids[2]]]);
    expect((await search({ name: "pieces", path: "Folder" })).map(({ path: at, versions }) => [at, versions.length, versions[0]!.restorePoints.length])).toEqual([["Folder/deeper/pieces", 1, 4]]);
    expect(await search({ name: "pieces", path: "nowhere" })).toEqual([]);
    await expect(search({ name: 5 })).rejects.toMatchObject({ context: { path: "name" } });
  } finally {
    await rm(folder, { recursive: true });
  }
});
