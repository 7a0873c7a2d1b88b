import { HoldfastError, ProviderError } from "../../errors/index.js";

interface Meaning {
  readonly code: "AccessDenied" | "FileTooLarge" | "IsADirectory" | "NameTooLong" | "NoSpace" | "NotADirectory" | "ProviderFailed" | "TooManyOpenFiles";
  readonly text: string;
}

const noSpace: Meaning = { code: "NoSpace", text: "there is no room left: free some or choose another disk" };
const accessDenied: Meaning = { code: "AccessDenied", text: "the file system denies it: give this user the right to read and write there" };

const meanings: Readonly<Record<string, Meaning>> = {
  ENOSPC: noSpace,
  EDQUOT: { code: "NoSpace", text: "this user's disk quota is used up: free some room or raise the quota" },
  EACCES: accessDenied,
  EPERM: accessDenied,
  EROFS: { code: "AccessDenied", text: "the file system is mounted read-only: mount it writable or choose another place" },
  EFBIG: { code: "FileTooLarge", text: "the file system holds no file of that size: choose another, such as XFS or ext4 with 64-bit blocks" },
  EMFILE: { code: "TooManyOpenFiles", text: "too many files are open: raise the limit (ulimit -n) or lower the parallelism" },
  ENFILE: { code: "TooManyOpenFiles", text: "the machine has too many files open: close some, or raise its limit (fs.file-max)" },
  ENOTDIR: { code: "NotADirectory", text: "a part of the path is a file, not a folder: choose another path" },
  EEXIST: { code: "NotADirectory", text: "there is a file where a folder must be: choose another path" },
  ELOOP: { code: "ProviderFailed", text: "links on the way lead round in a circle: mend them or choose another path" },
  EISDIR: { code: "IsADirectory", text: "there is a folder of that name: choose another name" },
  ENAMETOOLONG: { code: "NameTooLong", text: "the path is longer than the file system allows: choose a shorter one" },
  ENOENT: { code: "ProviderFailed", text: "it is not there, or a folder on the way to it is not: make that, or choose another path" },
  EIO: { code: "ProviderFailed", text: "the disk reports an error: check it" },
};

/** The system's own code of an error (`ENOENT`, ...), if it is a file system's error. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/** A file system's error as a `ProviderError` that says what to do; any other error as it is. */
export function directoryError(error: unknown, operation: string, path: string): unknown {
  const code = systemCode(error);
  if (code === undefined || HoldfastError.isInstance(error)) return error;
  const meaning: Meaning = meanings[code] ?? { code: "ProviderFailed", text: `the file system answered ${code}: look it up in errno(3), and check the disk and its mount` };
  return new ProviderError(`Cannot ${operation} ${path}: ${meaning.text}.`, {
    code: meaning.code, service: "directory", operation, awsCode: code, retryable: meaning.code === "TooManyOpenFiles", context: { path }, cause: error,
  });
}
