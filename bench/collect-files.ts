import { copyFile, mkdir, opendir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Copies real files from `sources`, in turn, into `folder` until they have `wantedBytes`; gives the copies' paths. */
export async function collectFiles(sources: readonly string[], folder: string, wantedBytes: number): Promise<string[]> {
  const copies: string[] = [];
  let bytes = 0;
  for (const [number, source] of sources.entries()) {
    for await (const path of filesBelow(source)) {
      if (bytes >= wantedBytes) return copies;
      const { size } = await stat(path);
      if (size === 0 || size > wantedBytes - bytes) continue;
      const copy = join(folder, String(number), path.slice(source.length));
      await mkdir(dirname(copy), { recursive: true });
      await copyFile(path, copy);
      copies.push(copy);
      bytes += size;
    }
  }
  return copies;
}

/** Every file below a folder, in the order of the names, so that two runs take the same ones. Links are not followed. */
async function* filesBelow(folder: string): AsyncGenerator<string> {
  const entries = [];
  for await (const entry of await opendir(folder)) entries.push(entry);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}
