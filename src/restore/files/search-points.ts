import * as z from "zod";
import { NotFoundError } from "../../errors/index.js";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema } from "../../options/schemas.js";
import type { CallOptions } from "../../ports/index.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { Repository } from "../../repository/repository.js";
import type { EngineEnvironment } from "../../session/index.js";
import type { FileEntry } from "./file-entry.js";
import type { FileSystem } from "./file-system.js";
import { RestoreFiles } from "./restore-files.js";

/** Which files are looked for, and in which restore points. */
export interface SearchPointsOptions extends CallOptions {
  /** Whose points: `<account>/<region>/<id>`, or the name of a raw image. */
  readonly resource: string;
  /** Text that the name contains, without regard to case; or a regular expression for the name. */
  readonly name: string | RegExp;
  /** Where to begin, in each file system. Default: the root. Where there is no such folder, nothing is found. */
  readonly path?: string | undefined;
  /** Only the file system with this id. Default: all that can be read. */
  readonly fileSystem?: string | undefined;
  /** Only points made at or after this time. */
  readonly since?: Date | undefined;
}

/** A file as it was in one or several restore points. */
export interface FileVersion {
  readonly entry: FileEntry;
  /** The points that hold it like this, oldest first. */
  readonly restorePoints: readonly { readonly id: string; readonly createdAt: Date }[];
}

/** A file with all that became of it. */
export interface FoundFile {
  readonly fileSystem: string;
  readonly path: string;
  /** Each distinct version once, oldest first. */
  readonly versions: readonly FileVersion[];
}

const schema = z.strictObject({
  resource: z.string({ error: "must be the resource whose points are searched." }).min(1, "must be the resource whose points are searched."),
  name: z.custom<string | RegExp>((value) => value instanceof RegExp || typeof value === "string", "must be text or a regular expression."),
  path: z.string({ error: "must be a path." }).optional(),
  fileSystem: z.string({ error: "must be the id of a file system." }).optional(),
  since: z.date({ error: "must be a Date." }).optional(),
  signal: signalSchema,
});

/** Searches all restore points of a resource, one after the other; files come in the order of their file systems and paths. Folders are read, no contents. */
export async function* searchPoints(environment: EngineEnvironment, repository: Repository, options: SearchPointsOptions): AsyncGenerator<FoundFile> {
  const { resource, since, signal, ...wanted } = checkOptions<SearchPointsOptions>(options, { of: "a search in restore points", schema });
  const found = new Map<string, { readonly fileSystem: string; readonly path: string; readonly versions: Map<string, FoundVersion> }>();
  for await (const point of repository.restorePoints({ resource, since, signal })) {
    await using files = await RestoreFiles.open(environment, repository, point, { signal });
    for (const fileSystem of files.fileSystems) {
      if (fileSystem.engine === undefined || (wanted.fileSystem !== undefined && wanted.fileSystem !== fileSystem.id)) continue;
      for await (const entry of entriesIn(fileSystem, wanted, { signal })) {
        const key = `${fileSystem.id}\0${entry.path}`;
        const file = found.get(key) ?? { fileSystem: fileSystem.id, path: entry.path, versions: new Map<string, FoundVersion>() };
        found.set(key, file);
        addVersion(file.versions, entry, point);
      }
    }
  }
  for (const key of [...found.keys()].sort()) {
    const file = found.get(key);
    if (file !== undefined) yield { ...file, versions: [...file.versions.values()] };
  }
}

interface FoundVersion {
  readonly entry: FileEntry;
  readonly restorePoints: { readonly id: string; readonly createdAt: Date }[];
}

function addVersion(versions: Map<string, FoundVersion>, entry: FileEntry, { id, createdAt }: RestorePoint): void {
  const identity = identityOf(entry);
  const known = versions.get(identity);
  if (known === undefined) versions.set(identity, { entry, restorePoints: [{ id, createdAt }] });
  else known.restorePoints.push({ id, createdAt });
}

/** What tells versions apart without reading them: as `compareWith` does, and the inode, for a file may be replaced by one of the same size and time. */
function identityOf({ kind, sizeBytes, modifiedAt, modifiedNanoseconds, mode, userId, groupId, linkTarget, inode }: FileEntry): string {
  return JSON.stringify([kind, sizeBytes, modifiedAt?.getTime(), modifiedNanoseconds, mode, userId, groupId, linkTarget, kind === "folder" ? undefined : inode]);
}

async function* entriesIn(fileSystem: FileSystem, { name, path }: Pick<SearchPointsOptions, "name" | "path">, options: CallOptions): AsyncGenerator<FileEntry> {
  if (path !== undefined && !(await hasFolder(fileSystem, path, options))) return;
  yield* fileSystem.search({ name, path, signal: options.signal });
}

async function hasFolder(fileSystem: FileSystem, path: string, options: CallOptions): Promise<boolean> {
  try {
    return (await fileSystem.stat(path, options)).kind === "folder";
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}
