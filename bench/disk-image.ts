import { execFile } from "node:child_process";
import { copyFile, constants, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { blockSizeBytes } from "../src/ports/index.js";
import { collectFiles } from "./collect-files.js";

/** A disk before and after a day's work. */
export interface DiskImages {
  readonly firstPath: string;
  readonly changedPath: string;
  /** The blocks that differ, ascending. */
  readonly changedBlocks: readonly number[];
  /** Of blocks that are not all zeros, in the first image. */
  readonly dataMib: number;
  /** How the image was made. */
  readonly made: string;
}

/** The share of the disk that files fill; the rest is free, as on real disks. */
const filledFraction = 0.6;
/** Of the blocks with data, one in so many changes: 1 %, in runs, because changes lie together. */
const changedEvery = 100;
const changedRun = 3;

/** Makes a disk with real files and a copy of it in which one block of a hundred changed. */
export async function makeDiskImages(folder: string, sizeMib: number, sources: readonly string[] = [fileURLToPath(new URL("../node_modules", import.meta.url)), "/usr/lib", "/usr/share"]): Promise<DiskImages> {
  const filesFolder = join(folder, "files");
  await mkdir(filesFolder, { recursive: true });
  const files = await collectFiles(sources, filesFolder, sizeMib * 2 ** 20 * filledFraction);
  const firstPath = join(folder, "disk.img");
  const made = (await makeFileSystem(firstPath, filesFolder, sizeMib)) ? "ext4 with real files" : "real files one after another (this machine has no mkfs.ext4)";
  if (!made.startsWith("ext4")) await layFilesOut(firstPath, files, sizeMib);
  await rm(filesFolder, { recursive: true });
  const changedPath = join(folder, "changed.img");
  await copyFile(firstPath, changedPath, constants.COPYFILE_FICLONE);
  return { firstPath, changedPath, ...(await changeBlocks(changedPath)), made };
}

async function makeFileSystem(path: string, filesFolder: string, sizeMib: number): Promise<boolean> {
  try {
    await promisify(execFile)("mkfs.ext4", ["-q", "-F", "-d", filesFolder, path, `${String(sizeMib)}M`], { env: { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/sbin:/usr/sbin` } });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function layFilesOut(path: string, files: readonly string[], sizeMib: number): Promise<void> {
  const handle = await open(path, "wx");
  try {
    await handle.truncate(sizeMib * 2 ** 20);
    let offset = 0;
    for (const file of files) {
      const data = await readFile(file);
      if (offset + data.length > sizeMib * 2 ** 20) break;
      await handle.write(data, 0, data.length, offset);
      // file systems begin a file at a block of 4 KiB
      offset = Math.ceil((offset + data.length) / 4096) * 4096;
    }
  } finally {
    await handle.close();
  }
}

/** Changes blocks in place: the halves of each change places, so that they compress as before and are equal to no other. */
async function changeBlocks(path: string): Promise<Pick<DiskImages, "changedBlocks" | "dataMib">> {
  const changed: number[] = [];
  let dataBlocks = 0;
  const handle = await open(path, "r+");
  try {
    const { size } = await handle.stat();
    const block = Buffer.alloc(blockSizeBytes);
    for (let index = 0; (index + 1) * blockSizeBytes <= size; index++) {
      await handle.read(block, 0, blockSizeBytes, index * blockSizeBytes);
      const halves = [block.subarray(blockSizeBytes / 2), block.subarray(0, blockSizeBytes / 2)] as const;
      if (halves[0].equals(halves[1])) continue;
      if (dataBlocks++ % (changedEvery * changedRun) >= changedRun) continue;
      await handle.write(Buffer.concat(halves), 0, blockSizeBytes, index * blockSizeBytes);
      changed.push(index);
    }
  } finally {
    await handle.close();
  }
  return { changedBlocks: changed, dataMib: (dataBlocks * blockSizeBytes) / 2 ** 20 };
}
