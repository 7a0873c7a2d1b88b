import { inspect } from "node:util";
import { ownSignal, resolveEnvironment, Session, type EngineEnvironment } from "../session/index.js";
import type { ImageBackupEvent } from "./image-backup-events.js";
import { resolveImageBackupOptions, resolveImageRunOptions, type ImageBackupOptions, type ImageRunOptions, type ResolvedImageBackupOptions } from "./image-backup-options.js";
import type { ImageSources } from "./image-sources.js";
import { runImageBackup, type ImageBackupResult } from "./run-image-backup.js";

/** What the backup of an image takes from the machine around it. */
export interface ImageBackupEnvironment extends EngineEnvironment {
  readonly imageSources: ImageSources;
}

/**
 * Backs up a raw disk image, a file or a block device that is no EBS volume, by the same road: deduplicated with everything else in the repository, compressed, encrypted, committed as a restore
 * point that `Restore` and `repository` treat as any other.
 *
 * Wrong options raise `ConfigurationError` naming the path, before anything is opened.
 *
 * @example
 * const backup = new ImageBackup({ repository, name: "db-1/data", path: "/dev/vg0/data-snapshot" });
 * const { point } = await backup.run();
 */
export class ImageBackup {
  readonly name: string;
  readonly #options: ResolvedImageBackupOptions;
  readonly #environment: EngineEnvironment;
  readonly #sources: ImageSources;

  constructor(options: ImageBackupOptions, environment: Partial<EngineEnvironment> & Pick<ImageBackupEnvironment, "imageSources">) {
    this.#options = resolveImageBackupOptions(options);
    this.#environment = resolveEnvironment(environment);
    this.#sources = environment.imageSources;
    this.name = this.#options.name;
  }

  /**
   * Makes a restore point. Without `changes` every block is read and its hash compared with the newest point's: what did not change is not stored again. With `changes` only those are read,
   * and a few others to see that they are right (`IntegrityError`, `WrongChangedBlockList`).
   *
   * `NotFoundError` (`ImageNotFound`), `ConfigurationError` (`NotAnImage`), `ProviderError` (`AccessDenied`), `ConflictError` (`DeviceInUse`: a device is mounted; `ImageChanged`: a file was written to
   * meanwhile). Then nothing is committed. After an abort it rejects with the signal's reason.
   *
   * @example
   * const session = imageBackup.run({ changes: { since: lastPoint, blocks: dirtyBlocks } });
   * for await (const event of session) if (event.type === "image:progress") console.log(event.fraction);
   * const { point, blocks } = await session;
   */
  run(options: ImageRunOptions = {}): Session<ImageBackupResult, ImageBackupEvent> {
    const { signal, changes } = resolveImageRunOptions(options);
    return Session.start(`backup of the image ${this.#options.path}`, this.#environment, async (session) =>
      await runImageBackup({ ...this.#environment, options: this.#options, sources: this.#sources, session, changes, signal: ownSignal([signal]) }));
  }

  /** How it prints: which image, and where to. */
  [inspect.custom](): string {
    return `ImageBackup ${this.name} (${this.#options.path}) into ${this.#options.repository.location}`;
  }
}
