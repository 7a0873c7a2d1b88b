import { ConfigurationError, IntegrityError, NotFoundError } from "../../errors/index.js";

export function fileNotFound(path: string): NotFoundError {
  return new NotFoundError(`There is no "${path}" in this file system. list() shows what is in a folder; names are case-sensitive.`, { code: "FileNotFound", context: { path } });
}

export function notAFolder(path: string): ConfigurationError {
  return new ConfigurationError(`path: "${path}" is no folder. list() shows what there is; read() gives a file.`, { code: "NotAFolder", context: { path } });
}

export function notAFile(path: string, kind: string): ConfigurationError {
  return new ConfigurationError(`path: "${path}" is a ${kind}, and only files can be read.`, { code: "NotAFile", context: { path } });
}

/** The restore point holds these bytes as they were backed up: it is the file system in them that is broken. */
export function damagedFileSystem(what: string): IntegrityError {
  return new IntegrityError(`The file system cannot be read: ${what}. It was damaged when it was backed up; restore the volume and repair it, or take another restore point.`, { code: "DamagedFileSystem" });
}

/** What must be held whole, and would take more memory than a reader has. */
export function folderTooLarge(path: string): ConfigurationError {
  return new ConfigurationError(`path: "${path}" has more in it than can be put in order here. list() gives it one by one.`, { code: "FolderTooLarge", context: { path } });
}

export function unreadableFileSystem(type: string, why: string): ConfigurationError {
  return new ConfigurationError(`This ${type} file system cannot be read here: ${why}`, { code: "FileSystemNotReadable", context: { type } });
}
