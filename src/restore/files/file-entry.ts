/** What lies at a path. Anything but these is listed, and neither read nor saved. */
export type FileKind = "file" | "folder" | "link" | "character device" | "block device" | "pipe" | "socket";

/** A file, folder or link as its file system describes it. JSON, but for its dates. */
export interface FileEntry {
  /**
   * From the file system's root, parts separated by `/`, without one at the beginning; the root is `""`. A byte that is no
   * UTF-8 stands as U+DC00 plus the byte, so that every name is told apart and can be asked for.
   */
  readonly path: string;
  readonly name: string;
  readonly kind: FileKind;
  /** Of a file its content, of a link its target's length; 0 of others. */
  readonly sizeBytes: number;
  /** The permissions with set-user-id, set-group-id and sticky bits: the low 12 bits of a Unix mode. Absent where the file system has none. */
  readonly mode?: number | undefined;
  readonly userId?: number | undefined;
  readonly groupId?: number | undefined;
  readonly modifiedAt?: Date | undefined;
  /** Nanoseconds within `modifiedAt`'s second, where the file system keeps them. */
  readonly modifiedNanoseconds?: number | undefined;
  readonly accessedAt?: Date | undefined;
  readonly createdAt?: Date | undefined;
  /** Where a link leads, as it was written: never followed, and free to lead anywhere. */
  readonly linkTarget?: string | undefined;
  /** The same for all names of one file. */
  readonly inode?: string | undefined;
  /** How many names the file has. */
  readonly linkCount?: number | undefined;
  /**
   * Extended attributes by their whole names (`user.…`, `security.capability`, access lists as `system.posix_acl_access` and `…_default` in the form of `getxattr`), the
   * values in base64. Absent where there are none, and where the engine reads none.
   */
  readonly extendedAttributes?: Readonly<Record<string, string>> | undefined;
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
}
