import { afterPrefix, fromSortKey, toSortKey, type KeyIndex } from "./key-index.js";
import type { ObjectVersion } from "./object-version.js";

/** Where a listing goes on: after a key (or a version of it), or after all keys with a common prefix. */
export interface ListPosition {
  readonly key?: string;
  /** Only versions behind this one of `key`; without it, nothing more of `key`. */
  readonly versionId?: string;
  readonly commonPrefix?: string;
}

export interface ListOptions {
  readonly prefix: string;
  readonly delimiter: string;
  readonly after: ListPosition | undefined;
  readonly maxEntries: number;
  /** `true`: every version and delete marker; `false`: the current versions that are objects. */
  readonly allVersions: boolean;
}

export type ListEntry =
  | { readonly kind: "version"; readonly version: ObjectVersion; readonly isLatest: boolean }
  | { readonly kind: "commonPrefix"; readonly commonPrefix: string };

export interface ListPage {
  readonly entries: readonly ListEntry[];
  /** Present where more follows. */
  readonly next: ListPosition | undefined;
}

/** A page of a bucket's keys in UTF-8 order, with keys that share what stands before the delimiter rolled up to one entry. */
export function listPage(keys: KeyIndex<readonly ObjectVersion[]>, options: ListOptions): ListPage {
  const entries: ListEntry[] = [];
  let next: ListPosition | undefined;
  for (const entry of walk(keys, options)) {
    if (entries.length === options.maxEntries) return { entries, next };
    entries.push(entry);
    next =
      entry.kind === "commonPrefix"
        ? { commonPrefix: entry.commonPrefix }
        : { key: entry.version.key, ...(options.allVersions ? { versionId: entry.version.versionId } : {}) };
  }
  return { entries, next: undefined };
}

function* walk(keys: KeyIndex<readonly ObjectVersion[]>, options: ListOptions): Generator<ListEntry> {
  const prefix = toSortKey(options.prefix);
  const delimiter = toSortKey(options.delimiter);
  let from: string | undefined = startOf(prefix, options.after);
  while (from !== undefined) {
    const start = from;
    from = undefined;
    for (const [sortKey, versions] of keys.entriesFrom(start)) {
      if (!sortKey.startsWith(prefix)) return;
      const shown = shownVersions(versions, options, fromSortKey(sortKey));
      if (shown.length === 0) continue;
      const cut = delimiter === "" ? -1 : sortKey.indexOf(delimiter, prefix.length);
      if (cut >= 0) {
        const commonPrefix = sortKey.slice(0, cut + delimiter.length);
        yield { kind: "commonPrefix", commonPrefix: fromSortKey(commonPrefix) };
        // All that the prefix stands for is jumped over, however much it is.
        from = afterPrefix(commonPrefix);
        break;
      }
      yield* shown;
    }
  }
}

function startOf(prefix: string, after: ListPosition | undefined): string {
  if (after?.commonPrefix !== undefined) return highest(prefix, afterPrefix(toSortKey(after.commonPrefix)));
  if (after?.key === undefined) return prefix;
  const key = toSortKey(after.key);
  // No key lies between a key and that key with a zero byte behind it.
  return highest(prefix, after.versionId === undefined ? `${key}\0` : key);
}

function highest(left: string, right: string): string {
  return left > right ? left : right;
}

function shownVersions(versions: readonly ObjectVersion[], options: ListOptions, key: string): ListEntry[] {
  const { after, allVersions } = options;
  if (!allVersions) {
    const current = versions[0];
    return current === undefined || current.isDeleteMarker ? [] : [{ kind: "version", version: current, isLatest: true }];
  }
  const skipped =
    after?.key === key && after.versionId !== undefined
      ? versions.findIndex((version) => version.versionId === after.versionId) + 1
      : 0;
  return versions.slice(skipped).map((version, at) => ({ kind: "version", version, isLatest: skipped + at === 0 }));
}
