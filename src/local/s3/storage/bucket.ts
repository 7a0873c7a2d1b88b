import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { BucketSettings } from "./bucket-settings.js";
import { BucketState, type BucketChange } from "./bucket-state.js";
import { DataFiles } from "./data-files.js";
import { Journal } from "./journal.js";
import { KeyLocks } from "./key-locks.js";
import { NULL_VERSION_ID, type ObjectVersion } from "./object-version.js";
import { conditionalRequestConflict, noSuchBucket, operationAborted } from "../s3-error.js";

/** Settings change under this name, which is no key: keys have at least one character. */
const SETTINGS_LOCK = "";

const MAX_KEY_CHARACTERS = 1024;

export interface BucketDecision<Result> {
  readonly changes: readonly BucketChange[];
  readonly result: Result;
}

/**
 * A bucket on disk: a journal of what it holds and the files with the bytes.
 *
 * Every change is decided on the state it changes, one writer at a time for each key, and seen by readers once it is written.
 */
export class Bucket {
  readonly state: BucketState;
  readonly files: DataFiles;
  readonly #journal: Journal<readonly BucketChange[]>;
  readonly #locks = new KeyLocks();
  #isDeleted = false;

  private constructor(state: BucketState, files: DataFiles, journal: Journal<readonly BucketChange[]>) {
    this.state = state;
    this.files = files;
    this.#journal = journal;
  }

  /** Opens the bucket in `directory`, where it has one; with `settings`, makes a new one there. */
  static async open(directory: string, isDurable: boolean, settings?: BucketSettings): Promise<Bucket> {
    const dataDirectory = join(directory, "data");
    await mkdir(dataDirectory, { recursive: true });
    const state = new BucketState();
    const files = new DataFiles(dataDirectory, isDurable);
    let releasedFiles: string[] = [];
    const journal = await Journal.open<readonly BucketChange[]>({
      directory,
      isDurable,
      apply: (changes) => {
        releasedFiles.push(...state.apply(changes));
      },
      snapshot: () => state.changes(),
      beforeWrite: () => files.syncNames(),
      afterWrite: async () => {
        const released = releasedFiles;
        releasedFiles = [];
        await files.release(released);
      },
    });
    // What the replayed records dropped is gone already, or goes with the sweep.
    releasedFiles = [];
    if (settings !== undefined) await journal.append([{ change: "set-settings", settings }]);
    await files.sweep(state.referencedFiles());
    return new Bucket(state, files, journal);
  }

  get name(): string {
    return this.state.settings.name;
  }

  get settings(): BucketSettings {
    return this.state.settings;
  }

  versions(key: string): readonly ObjectVersion[] {
    return this.state.keys.get(key) ?? [];
  }

  isEmpty(): boolean {
    return this.state.keys.size === 0;
  }

  /**
   * Changes what belongs to `key`: `decide` sees the state as it is when nobody else is changing the key, and may refuse by throwing.
   * A conditional request doesn't wait for another writer of the key; it is answered with a conflict, as S3 answers it.
   */
  async change<Result>(
    key: string,
    isConditional: boolean,
    decide: () => BucketDecision<Result>,
  ): Promise<Result> {
    if (isConditional && this.#locks.isHeld(key)) throw conditionalRequestConflict(key);
    return this.#locks.run(key, async () => {
      if (this.#isDeleted) throw noSuchBucket(this.name);
      const { changes, result } = decide();
      if (changes.length > 0) await this.#journal.append(changes);
      return result;
    });
  }

  /** Changes an upload or its parts: one writer at a time for each upload. */
  async changeUpload<Result>(uploadId: string, decide: () => BucketDecision<Result>): Promise<Result> {
    return this.change(uploadLock(uploadId), false, decide);
  }

  /** Runs `action` while nobody else changes the upload or its parts. */
  async whileUploadRests<Result>(uploadId: string, action: () => Promise<Result>): Promise<Result> {
    return this.#locks.run(uploadLock(uploadId), action);
  }

  async changeSettings(decide: (settings: BucketSettings) => BucketSettings): Promise<void> {
    await this.change(SETTINGS_LOCK, false, () => ({
      changes: [{ change: "set-settings", settings: decide(this.settings) }],
      result: undefined,
    }));
  }

  /** Refuses every change from now on. Fails while one is under way. */
  markDeleted(): void {
    if (this.#locks.heldCount > 0) throw operationAborted(this.name);
    this.#isDeleted = true;
  }

  /** Ends what is under way and closes the journal. */
  async close(): Promise<void> {
    await this.#journal.close();
  }

  /** The id that the next version gets: random in a versioned bucket, else the null version's. */
  newVersionId(): string {
    return this.settings.versioning === "Enabled" ? randomVersionId() : NULL_VERSION_ID;
  }
}

/** Beyond the longest key, so that it is none. */
function uploadLock(uploadId: string): string {
  return uploadId.padEnd(MAX_KEY_CHARACTERS + 1, ".");
}

/** Thirty-two characters that S3's own version ids are made of. */
function randomVersionId(): string {
  return randomBytes(24).toString("base64").replaceAll("+", ".").replaceAll("/", "_");
}
