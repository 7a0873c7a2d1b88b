import { randomBytes } from "node:crypto";
import { cp, mkdir, open, rm, truncate, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runTool } from "./run-tool.js";

const mib = 1_048_576;

/** The boot disk's one partition begins here, as every partitioning tool has it. */
const partitionOffset = mib;

/** How a disk was made. */
export type DiskKind = "partitioned, with an ext4 file system" | "generated content (this machine has no mkfs.ext4)";

/** Makes a boot disk: a partition table, and a file system of real files where the machine has the tool for it. */
export async function makeBootDisk(path: string, sizeGib: number, scratch: string): Promise<DiskKind> {
  const sizeBytes = sizeGib * 1024 * mib;
  await writeFile(path, "", { flag: "wx", mode: 0o600 });
  await truncate(path, sizeBytes);
  const files = join(scratch, "files");
  await gatherFiles(files);
  const partitionKib = String((sizeBytes - partitionOffset) / 1024);
  const isMade = await runTool("mkfs.ext4", ["-q", "-F", "-E", `offset=${String(partitionOffset)}`, "-d", files, path, `${partitionKib}k`]);
  await rm(files, { recursive: true });
  if (!isMade) await writeMixedContent(path, partitionOffset, 40);
  await writePartitionTable(path, sizeBytes);
  return isMade ? "partitioned, with an ext4 file system" : "generated content (this machine has no mkfs.ext4)";
}

/** Makes a data disk: text, noise, and the same noise once more. */
export async function makeDataDisk(path: string, sizeGib: number): Promise<void> {
  await writeFile(path, "", { flag: "wx", mode: 0o600 });
  await truncate(path, sizeGib * 1024 * mib);
  await writeMixedContent(path, 0, 24);
}

/** Changes some files of a boot disk in place: adds one, replaces one. */
export async function changeFiles(path: string, kind: DiskKind, scratch: string): Promise<void> {
  if (kind === "partitioned, with an ext4 file system") {
    const added = join(scratch, "order-4711.json");
    const replaced = join(scratch, "journal.bin");
    await writeFile(added, JSON.stringify({ order: 4711, state: "paid" }));
    await writeFile(replaced, randomBytes(3 * mib));
    const commands = join(scratch, "debugfs");
    await writeFile(commands, `cd /data\nwrite ${added} order-4711.json\nrm journal.bin\nwrite ${replaced} journal.bin\n`);
    const isChanged = await runTool("debugfs", ["-w", "-f", commands, `${path}?offset=${String(partitionOffset)}`]);
    for (const file of [added, replaced, commands]) await rm(file);
    if (isChanged) return;
  }
  const file = await open(path, "r+");
  try {
    for (const at of [2, 9, 17]) await file.write(randomBytes(65_536), 0, 65_536, partitionOffset + at * mib);
  } finally {
    await file.close();
  }
}

/** Whether a disk's file system is sound; undefined where the machine cannot tell. Raises what the check finds. */
export async function checkFileSystem(path: string, kind: DiskKind): Promise<true | undefined> {
  if (kind !== "partitioned, with an ext4 file system") return undefined;
  return (await runTool("e2fsck", ["-f", "-n", `${path}?offset=${String(partitionOffset)}`])) ? true : undefined;
}

/** A compiler's sources, the runtime that runs this, and a journal: text, a large binary, and noise. */
async function gatherFiles(folder: string): Promise<void> {
  await mkdir(join(folder, "data"), { recursive: true });
  await mkdir(join(folder, "bin"));
  await cp(dirname(createRequire(import.meta.url).resolve("typescript")), join(folder, "lib"), { recursive: true });
  await cp(process.execPath, join(folder, "bin", "node"));
  await writeFile(join(folder, "data", "journal.bin"), randomBytes(4 * mib));
}

async function writeMixedContent(path: string, offset: number, sizeMib: number): Promise<void> {
  const noise = randomBytes((sizeMib / 4) * mib);
  const line = Buffer.from("2026-11-24T03:14:15Z order accepted, warehouse 12, shelf 7\n");
  const text = Buffer.alloc((sizeMib / 2) * mib, line);
  const file = await open(path, "r+");
  try {
    let at = offset;
    for (const part of [noise, text, noise]) {
      await file.write(part, 0, part.length, at);
      at += part.length;
    }
  } finally {
    await file.close();
  }
}

/** A master boot record with one Linux partition, from 1 MiB to the end: https://en.wikipedia.org/wiki/Master_boot_record */
async function writePartitionTable(path: string, sizeBytes: number): Promise<void> {
  const record = Buffer.alloc(512);
  const entry = record.subarray(446, 462);
  entry.writeUInt8(0x80, 0);
  entry.writeUInt8(0x83, 4);
  entry.writeUInt32LE(partitionOffset / 512, 8);
  entry.writeUInt32LE((sizeBytes - partitionOffset) / 512, 12);
  record.writeUInt16LE(0xaa55, 510);
  const file = await open(path, "r+");
  try {
    await file.write(record, 0, record.length, 0);
  } finally {
    await file.close();
  }
}
