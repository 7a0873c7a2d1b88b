import { inspect } from "node:util";
import * as z from "zod";
import { NotFoundError } from "../../errors/index.js";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema } from "../../options/schemas.js";
import { checkPoint } from "../../repository/points/check-point.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { Repository } from "../../repository/repository.js";
import type { EngineEnvironment } from "../../session/index.js";
import { cacheBytesOption, defaultCacheBytes, onThawOption, volumeOption } from "../device/device-options.js";
import { SignalledSource } from "../bytes/signalled-source.js";
import { OpenVolume } from "../device/open-volume.js";
import { thawOption, type RestoreThawEvent, type RestoreThawOptions } from "../thaw/thaw-first.js";
import { findFileSystems } from "./disk/find-file-systems.js";
import type { FileSystem } from "./file-system.js";

/** Of which volumes files are opened, and with how much memory. */
export interface RestoreFilesOptions {
  /** One of the point's volumes. Default: all of them. */
  readonly volume?: string | undefined;
  /** Memory for blocks that were read, of each volume. Default: 64 MiB, at least 8 MiB. */
  readonly cacheBytes?: number | undefined;
  /** Makes what lies in an archive readable first, and waits for it, hours by the tier: all that the volumes have. Without it that is an error (`ThawNeeded`). */
  readonly thaw?: RestoreThawOptions | undefined;
  /** Hears how a thaw goes on. */
  readonly onThaw?: ((event: RestoreThawEvent) => void) | undefined;
  /** Ends the opening. */
  readonly signal?: AbortSignal | undefined;
}

const schema = z.strictObject({ volume: volumeOption, cacheBytes: cacheBytesOption, thaw: thawOption, onThaw: onThawOption, signal: signalSchema });

/**
 * The file systems of a restore point, read-only, out of the repository: nothing is restored first, and only what a question needs
 * is read. The point is pinned until `close`.
 *
 * @example
 * await using files = await restore.files(point);
 * console.log(files.fileSystems);
 * for await (const entry of files.fileSystem("vol-0def/1").list("/etc")) console.log(entry.name);
 */
export class RestoreFiles {
  /** All file systems that were recognised, readable or not: of each, what reads it or why nothing here can. */
  readonly fileSystems: readonly FileSystem[];
  readonly restorePoint: string;
  readonly #volumes: readonly OpenVolume[];

  private constructor(restorePoint: string, volumes: readonly OpenVolume[], fileSystems: readonly FileSystem[]) {
    this.restorePoint = restorePoint;
    this.#volumes = volumes;
    this.fileSystems = fileSystems;
  }

  /** @internal */
  static async open(environment: EngineEnvironment, repository: Repository, given: RestorePoint | string, options: RestoreFilesOptions): Promise<RestoreFiles> {
    const { volume, cacheBytes = defaultCacheBytes, thaw, onThaw, signal = new AbortController().signal } = checkOptions<RestoreFilesOptions>(options, { of: "a restore of files", schema });
    signal.throwIfAborted();
    checkPoint(given);
    const point = typeof given === "string" ? await repository.restorePoint(given, { signal }) : given;
    const volumes: OpenVolume[] = [];
    try {
      const wanted = volume === undefined ? point.volumes.map((one) => one.volumeId) : [volume];
      // all are asked for before the first is waited for
      if (thaw !== undefined && wanted.length > 1) for (const volumeId of wanted) await repository.thaw(point, { ...thaw, volume: volumeId, underway: "wait", wait: false, signal });
      for (const volumeId of wanted) {
        const opened = await OpenVolume.open(environment, repository, point, { volume: volumeId, cacheBytes, thaw, onThaw, signal });
        volumes.push(opened);
      }
      const signalled = volumes.map(({ volumeId, source }) => ({ volumeId, source: new SignalledSource(source, signal) }));
      const fileSystems = await findFileSystems(environment, signalled);
      for (const { source } of signalled) source.release();
      return new RestoreFiles(point.id, volumes, fileSystems);
    } catch (error) {
      for (const opened of volumes) await opened.close();
      throw error;
    }
  }

  /** The file system with this id, or the only one that can be read. `NotFoundError` (`FileSystemNotFound`). */
  fileSystem(id?: string): FileSystem {
    const readable = this.fileSystems.filter(({ engine }) => engine !== undefined);
    const found = id === undefined ? (readable.length === 1 ? readable[0] : undefined) : this.fileSystems.find((one) => one.id === id);
    if (found !== undefined) return found;
    const known = this.fileSystems.map((one) => `${one.id} (${one.type})`).join(", ");
    throw new NotFoundError(`There is no file system ${id ?? "that goes without naming"} in restore point ${this.restorePoint}; it has ${known === "" ? "none that is known" : known}.`, { code: "FileSystemNotFound", context: { fileSystem: id, restorePoint: this.restorePoint } });
  }

  /** Ends all engines and gives up the pin. */
  async close(): Promise<void> {
    for (const fileSystem of this.fileSystems) await fileSystem.close();
    for (const volume of this.#volumes) await volume.close();
  }

  /** `close`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** How it prints: the file systems. */
  [inspect.custom](): string {
    return [`RestoreFiles of ${this.restorePoint}`, ...this.fileSystems.map((one) => `  ${inspect(one)}`)].join("\n");
  }
}
