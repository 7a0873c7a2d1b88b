import * as z from "zod";
import { checkOptions } from "../options/check-options.js";
import { signalSchema, tagsSchema, truth, withMethods } from "../options/schemas.js";
import type { ReaderBackupContext, ReaderBackupResult, ReaderBackupTask } from "../mover/index.js";
import type { BlockReader, Tags } from "../ports/index.js";
import type { Repository } from "../repository/repository.js";
import type { RunLimits } from "../transfer/run-pace.js";
import { WorkerPool } from "../workers/index.js";

/** Who moves an image's data: a `WorkerPool.inProcess()`. */
export interface ImageWorkers {
  /** Whether data moves in this very process, and so may come from this machine's files. */
  readonly isInProcess: boolean;
  /** Backs up what an image's reader gives; waits for a free place first. The reader stays the caller's. */
  backUpImage(image: BlockReader, task: ReaderBackupTask, context: ReaderBackupContext): Promise<ReaderBackupResult>;
}

/** Which raw disk image is backed up, and to where. */
export interface ImageBackupOptions {
  readonly repository: Repository;
  /** What the image is called in the repository, whatever its path: points of one name follow each other. They are listed as the resource `image/<name>`. */
  readonly name: string;
  /** A file or a block device of this machine. A part of a block of 512 KiB at its end is filled up with zeros, and its true size recorded. */
  readonly path: string;
  /** What else is written down with each point. */
  readonly tags?: Tags | undefined;
  /** Who moves the data. Default: `WorkerPool.inProcess()`. Workers on EC2 do not see this machine's files. */
  readonly workers?: ImageWorkers | undefined;
  /** What a run may take at most. Default: no caps. */
  readonly limits?: RunLimits | undefined;
  /** Unchanged blocks that a run with told changes reads again and compares, 0 to 1,000. Default: 8. */
  readonly auditBlocks?: number | undefined;
  /**
   * Whether an image is taken that somebody writes to meanwhile, or a device that is mounted. Then the point may hold a mix that no disk ever held: a file system in it may need repair. Default: false.
   */
  readonly allowInUse?: boolean | undefined;
}

/** What changed in an image, from somebody who kept watch (a hypervisor's dirty bitmap, a block device's tracking). */
export interface ToldChanges {
  /** The id of the restore point since which they are told. Where it is not the newest of the image, everything is read. */
  readonly since: string;
  /** The numbers of all blocks of 512 KiB that may differ, ascending. One that is left out is taken over from that point without a look. */
  readonly blocks: Iterable<number> | AsyncIterable<number>;
}

/** How one backup of an image runs. */
export interface ImageRunOptions {
  readonly signal?: AbortSignal | undefined;
  /** What changed; without it every block is read and compared with the newest point. */
  readonly changes?: ToldChanges | undefined;
}

export type ResolvedImageBackupOptions = Pick<ImageBackupOptions, "repository" | "name" | "path" | "limits" | "auditBlocks"> & { readonly tags: Tags; readonly workers: ImageWorkers; readonly allowInUse: boolean };

const maxNameCharacters = 200;
const maxAuditBlocks = 1_000;
const nameRule = `must be the image's name in the repository: 1 to ${String(maxNameCharacters)} characters, none of them a control character.`;
const pathRule = "must be the path of a disk image or a block device.";
const workersRule = "must be workers in this process, from WorkerPool.inProcess(): those on EC2 do not see this machine's files.";
const capRule = "must be a whole number, 1 or more.";
const auditRule = `must be a whole number from 0 to ${String(maxAuditBlocks)}.`;

const backupSchema = z.strictObject({
  repository: withMethods<Repository>(["beginPoint", "restorePoints"], "must be a Repository, from Repository.create or Repository.open."),
  name: z.string({ error: nameRule }).min(1, nameRule).max(maxNameCharacters, nameRule).regex(/^\P{Cc}*$/u, nameRule),
  path: z.string({ error: pathRule }).min(1, pathRule).refine((path) => !path.includes("\0"), pathRule),
  tags: tagsSchema.optional(),
  workers: withMethods<ImageWorkers>(["backUpImage"], workersRule).refine(({ isInProcess }) => isInProcess, workersRule).optional(),
  limits: z.strictObject({ maxBlocksPerSecond: z.int({ error: capRule }).min(1, capRule).optional(), maxBytesPerSecond: z.int({ error: capRule }).min(1, capRule).optional() }, { error: "must be an object { maxBlocksPerSecond, maxBytesPerSecond }." }).optional(),
  auditBlocks: z.int({ error: auditRule }).min(0, auditRule).max(maxAuditBlocks, auditRule).optional(),
  allowInUse: truth,
});

function isIterable(value: unknown): boolean {
  return typeof value === "object" && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

const runSchema = z.strictObject({
  signal: signalSchema,
  changes: z
    .strictObject({
      since: z.string({ error: "must be the id of a restore point." }).min(1, "must be the id of a restore point."),
      blocks: z.custom<ToldChanges["blocks"]>(isIterable, "must be the numbers of blocks: an array, or anything that can be iterated."),
    }, { error: "must be an object { since, blocks }." })
    .optional(),
});

export function resolveImageBackupOptions(options: ImageBackupOptions): ResolvedImageBackupOptions {
  const given = checkOptions<ImageBackupOptions>(options, { of: "an image's backup", schema: backupSchema });
  const { repository, name, path, limits, auditBlocks, tags = {}, workers = WorkerPool.inProcess(), allowInUse = false } = given;
  return { repository, name, path, tags, workers, allowInUse, limits, auditBlocks };
}

export function resolveImageRunOptions(options: ImageRunOptions): ImageRunOptions {
  return checkOptions<ImageRunOptions>(options, { of: "a run of an image's backup", schema: runSchema });
}
