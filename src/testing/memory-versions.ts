import { createHash } from "node:crypto";
import type { ObjectArchive, ObjectLock } from "../ports/index.js";
import { CurrentObjects } from "./current-objects.js";
import { SortedNames } from "./sorted-names.js";

/** A version of an object in memory, or a delete marker. */
export interface MemoryVersion {
  readonly name: string;
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
  readonly modifiedAt: Date;
  bytes: Buffer;
  etag: string;
  lock: ObjectLock | undefined;
  archive: ObjectArchive | undefined;
  /** Of the thaw that is under way. */
  thawDays: number | undefined;
}

/** What is new about a version that is added. */
export type NewVersion = Pick<MemoryVersion, "name" | "isDeleteMarker" | "modifiedAt" | "bytes" | "etag" | "lock" | "archive">;

/** What a store in memory holds: for each name its versions, oldest first; without versions at most one. */
export class MemoryVersions {
  /** The bytes of what is there now, by name. */
  readonly objects: CurrentObjects;
  readonly names = new SortedNames();
  readonly #isVersioned: boolean;
  readonly #histories = new Map<string, MemoryVersion[]>();
  #added = 0;

  constructor(isVersioned: boolean, now: () => Date) {
    this.#isVersioned = isVersioned;
    this.objects = new CurrentObjects({
      changed: (name, bytes) => {
        const current = this.current(name);
        if (current === undefined) this.add({ name, isDeleteMarker: false, modifiedAt: now(), bytes, etag: etagOf(bytes), lock: undefined, archive: undefined });
        else Object.assign(current, { bytes, etag: etagOf(bytes) });
      },
      lost: (name) => {
        this.#forget(name);
      },
    });
  }

  /** All versions of a name, oldest first. */
  of(name: string): readonly MemoryVersion[] {
    return this.#histories.get(name) ?? [];
  }

  /** The object that a name stands for: none under a delete marker. */
  current(name: string): MemoryVersion | undefined {
    const latest = this.of(name).at(-1);
    return latest?.isDeleteMarker === true ? undefined : latest;
  }

  find(name: string, versionId: string): MemoryVersion | undefined {
    return this.of(name).find((version) => version.versionId === versionId);
  }

  /** Adds a version, above the others or, where there are no versions, in place of the one that is there. */
  add(added: NewVersion): MemoryVersion {
    const version: MemoryVersion = { ...added, versionId: `v${String((this.#added += 1)).padStart(9, "0")}`, thawDays: undefined };
    const history = this.#histories.get(added.name);
    if (history === undefined) {
      this.#histories.set(added.name, [version]);
      this.names.add(added.name);
    } else if (this.#isVersioned) history.push(version);
    else history[0] = version;
    this.#show(added.name);
    return version;
  }

  /** Removes a version for good. */
  remove({ name, versionId }: MemoryVersion): void {
    const left = this.of(name).filter((version) => version.versionId !== versionId);
    if (left.length === 0) this.#forget(name);
    else this.#histories.set(name, left);
    this.#show(name);
  }

  #forget(name: string): void {
    if (this.#histories.delete(name)) this.names.remove(name);
  }

  #show(name: string): void {
    this.objects.show(name, this.current(name)?.bytes);
  }
}

/** The same bytes have the same etag, as in S3. */
export function etagOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
