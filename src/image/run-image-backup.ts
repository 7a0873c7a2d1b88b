import { HoldfastError, IntegrityError, NotFoundError } from "../errors/index.js";
import type { BlockCounts } from "../mover/index.js";
import type { BlockReader } from "../ports/index.js";
import { asError, type EngineEnvironment, type RunningSession } from "../session/index.js";
import type { ImageBackupEvent } from "./image-backup-events.js";
import type { ImageRunOptions, ResolvedImageBackupOptions, ToldChanges } from "./image-backup-options.js";
import type { ImageSources, OpenImage } from "./image-sources.js";
import { ToldImage, type ToldBase } from "./told-image.js";

/** What the backup of an image made. JSON. */
export interface ImageBackupResult {
  readonly session: string;
  /** The restore point's id. */
  readonly point: string;
  /** `image/<name>`. */
  readonly resource: string;
  readonly path: string;
  /** Of the image, to the byte. */
  readonly sizeBytes: number;
  /** `incremental` where only told changes were read. */
  readonly method: "full" | "incremental";
  /** The restore point since which changes were told. */
  readonly since?: string | undefined;
  /** Why everything was read. */
  readonly fullReason?: string | undefined;
  readonly blocks: BlockCounts;
  /** Bytes stored for new blocks: compressed and sealed. */
  readonly storedBytes: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
}

/** What one run works with. */
export interface ImageRun extends EngineEnvironment {
  readonly options: ResolvedImageBackupOptions;
  readonly sources: ImageSources;
  readonly session: RunningSession<ImageBackupEvent>;
  readonly changes: ImageRunOptions["changes"];
  readonly signal: AbortSignal;
}

/** Reads the image, stores what the repository does not hold, and commits. Nothing is committed of an image that changed meanwhile. */
export async function runImageBackup(run: ImageRun): Promise<ImageBackupResult> {
  const { options, session, clock, signal } = run;
  const { repository, name, path } = options;
  const resource = `image/${name}`;
  const startedMs = clock.monotonicMs();
  session.emit({ type: "session:started", session: session.id, resource, path });
  signal.throwIfAborted();
  const image = await run.sources.open(path, { allowInUse: options.allowInUse });
  try {
    const reader = await readerOf(run, image);
    const point = repository.beginPoint({ resource, kind: "image", name, tags: { ...options.tags } }, { signal });
    try {
      const { method, basePointId, fullReason, blocks, storedBytes } = await options.workers.backUpImage(
        reader,
        { resource, volumeId: name, attributes: {}, auditBlocks: options.auditBlocks, limits: options.limits, baseIs: "restore point" },
        {
          point,
          clock,
          random: run.random,
          signal,
          onMethod: (chosen) => session.emit({ type: "image:started", path, sizeBytes: image.volumeSizeBytes, method: chosen.method, ...(chosen.fullReason !== undefined && { fullReason: chosen.fullReason }) }),
          onProgress: (progress) => session.emit({ type: "image:progress", path, ...progress }),
        },
      );
      session.emit({ type: "image:completed", path, storedBlocks: blocks.stored, storedBytes });
      await image.throwIfChanged();
      const { id } = await point.commit();
      session.emit({ type: "point:committed", resource, point: id });
      session.emit({ type: "session:ended", session: session.id });
      const told = { method, ...(basePointId !== undefined && { since: basePointId }), ...(fullReason !== undefined && { fullReason }) };
      return { session: session.id, point: id, resource, path, sizeBytes: image.volumeSizeBytes, ...told, blocks, storedBytes, startedAt: session.startedAt.toISOString(), endedAt: clock.now().toISOString(), durationMs: Math.round(clock.monotonicMs() - startedMs) };
    } catch (error) {
      await point.close().catch((left: unknown) => {
        // a lease that stays behind only delays a collection; what failed before is what the caller must see
        run.logger.warn("a writer's lease could not be removed from the repository", { session: session.id, error: asError(left).message });
      });
      throw wrongList(error, path) ?? error;
    }
  } finally {
    await image.close();
  }
}

async function readerOf(run: ImageRun, image: OpenImage): Promise<BlockReader> {
  return run.changes === undefined ? image : new ToldImage(image, run.changes, await baseOf(run, run.changes));
}

/** The point since which changes are told, if it is there. */
async function baseOf({ options, signal }: ImageRun, { since }: ToldChanges): Promise<ToldBase | undefined> {
  try {
    const { id, volumes } = await options.repository.restorePoint(since, { signal });
    const [volume] = volumes;
    return volume && { id, sizeBytes: volume.sizeBytes };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** A block changed that nobody told of: said in the words of an image. */
function wrongList(error: unknown, path: string): IntegrityError | undefined {
  if (!(HoldfastError.isInstance(error) && error.code === "WrongChangedBlockList")) return undefined;
  return new IntegrityError(`The changes that were told of ${path} left out a block that did change. Nothing was committed. Run it again without "changes", and mistrust what tells them.`, { code: "WrongChangedBlockList", context: { path, ...error.context }, cause: error });
}
