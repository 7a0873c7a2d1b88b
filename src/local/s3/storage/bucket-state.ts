import { KeyIndex } from "./key-index.js";
import type { BucketSettings } from "./bucket-settings.js";
import type { MultipartUpload, ObjectVersion, Segment, UploadedPart } from "./object-version.js";

/** One step of what a bucket holds. All steps of one operation stand in one record of the journal. */
export type BucketChange =
  | { readonly change: "set-settings"; readonly settings: BucketSettings }
  /** Makes `version` the current one; a version with its id (the null version) is replaced. */
  | { readonly change: "add-version"; readonly version: ObjectVersion }
  /** Puts `version` in the place of the one with its id, its bytes being the same. */
  | { readonly change: "update-version"; readonly version: ObjectVersion }
  | { readonly change: "remove-version"; readonly key: string; readonly versionId: string }
  | { readonly change: "add-upload"; readonly upload: MultipartUpload }
  | { readonly change: "add-part"; readonly uploadId: string; readonly part: UploadedPart }
  | { readonly change: "remove-upload"; readonly uploadId: string };

export interface UploadState {
  readonly upload: MultipartUpload;
  readonly parts: Map<number, UploadedPart>;
}

/** What a bucket holds, in memory: settings, versions of each key with the current one first, and uploads. */
export class BucketState {
  readonly keys = new KeyIndex<readonly ObjectVersion[]>();
  readonly uploads = new Map<string, UploadState>();
  #settings: BucketSettings | undefined;

  get settings(): BucketSettings {
    if (this.#settings === undefined) throw new Error("The bucket's journal has no settings.");
    return this.#settings;
  }

  /** Carries out the steps of one operation; returns the data files that nothing refers to afterwards. */
  apply(changes: readonly BucketChange[]): string[] {
    const dropped = new Set<string>();
    const kept = new Set<string>();
    for (const change of changes) this.#applyOne(change, dropped, kept);
    return [...dropped].filter((file) => !kept.has(file));
  }

  #applyOne(change: BucketChange, dropped: Set<string>, kept: Set<string>): void {
    switch (change.change) {
      case "set-settings":
        this.#settings = change.settings;
        return;
      case "add-version": {
        const { version } = change;
        addFiles(kept, version.segments);
        const others = this.#without(version.key, version.versionId, dropped);
        this.keys.set(version.key, [version, ...others]);
        return;
      }
      case "update-version": {
        const { version } = change;
        const versions = this.keys.get(version.key) ?? [];
        this.keys.set(
          version.key,
          versions.map((one) => (one.versionId === version.versionId ? version : one)),
        );
        return;
      }
      case "remove-version": {
        const others = this.#without(change.key, change.versionId, dropped);
        if (others.length === 0) this.keys.delete(change.key);
        else this.keys.set(change.key, others);
        return;
      }
      case "add-upload":
        this.uploads.set(change.upload.uploadId, { upload: change.upload, parts: new Map() });
        return;
      case "add-part": {
        const parts = this.uploads.get(change.uploadId)?.parts;
        const replaced = parts?.get(change.part.partNumber);
        if (replaced !== undefined) addFiles(dropped, [replaced.segment]);
        parts?.set(change.part.partNumber, change.part);
        return;
      }
      case "remove-upload": {
        const parts = this.uploads.get(change.uploadId)?.parts.values() ?? [];
        addFiles(dropped, [...parts].map((part) => part.segment));
        this.uploads.delete(change.uploadId);
        return;
      }
    }
  }

  #without(key: string, versionId: string, dropped: Set<string>): readonly ObjectVersion[] {
    const versions = this.keys.get(key) ?? [];
    const removed = versions.find((version) => version.versionId === versionId);
    if (removed === undefined) return versions;
    addFiles(dropped, removed.segments);
    return versions.filter((version) => version !== removed);
  }

  /** The state as changes that make it from nothing. */
  *changes(): Generator<readonly BucketChange[]> {
    yield [{ change: "set-settings", settings: this.settings }];
    for (const versions of this.keys.values()) {
      yield versions.toReversed().map((version) => ({ change: "add-version", version }));
    }
    for (const { upload, parts } of this.uploads.values()) {
      yield [{ change: "add-upload", upload }];
      for (const part of parts.values()) yield [{ change: "add-part", uploadId: upload.uploadId, part }];
    }
  }

  referencedFiles(): Set<string> {
    const files = new Set<string>();
    for (const versions of this.keys.values()) for (const version of versions) addFiles(files, version.segments);
    for (const { parts } of this.uploads.values()) addFiles(files, [...parts.values()].map((part) => part.segment));
    return files;
  }
}

function addFiles(files: Set<string>, segments: readonly Segment[]): void {
  for (const { file } of segments) files.add(file);
}
