import { HoldfastError, ProviderError } from "../../errors/index.js";

interface Meaning {
  readonly code: string;
  readonly text: string;
  readonly retryable?: boolean;
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
  EMFILE: { code: "TooManyOpenFiles", text: "too many files are open: raise the limit (ulimit -n) or lower the parallelism", retryable: true },
  ENFILE: { code: "TooManyOpenFiles", text: "the machine has too many files open", retryable: true },
  ENOTDIR: { code: "NotADirectory", text: "a part of the path is a file, not a folder: choose another path" },
  EISDIR: { code: "NotAFile", text: "there is a folder of that name: choose another name" },
  ENAMETOOLONG: { code: "NameTooLong", text: "the path is longer than the file system allows: choose a shorter one" },
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
  const meaning = meanings[code] ?? { code: "ProviderFailed", text: `the file system answered ${code}` };
  return new ProviderError(`cannot ${operation} ${path}: ${meaning.text}`, {
    code: meaning.code, service: "directory", operation, awsCode: code, retryable: meaning.retryable ?? false, context: { path }, cause: error,
  });
}
