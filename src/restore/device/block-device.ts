import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { Repository } from "../../repository/repository.js";
import { asError, type EngineEnvironment } from "../../session/index.js";
import type { NbdExport } from "../nbd/nbd-export.js";
import { NbdServer } from "../nbd/nbd-server.js";
import type { ResolvedBlockDeviceOptions } from "./device-options.js";
import { OpenVolume } from "./open-volume.js";
import { Overlay } from "../bytes/overlay.js";

interface BlockDeviceParts {
  readonly volume: OpenVolume;
  readonly server: NbdServer;
  readonly overlay: Overlay | undefined;
  readonly folder: string;
  readonly socketPath: string | undefined;
}

/**
 * A volume of a restore point as an NBD export, which `nbdcopy`, `qemu-img`, `nbdfuse`, a virtual machine or the kernel's NBD
 * client can use as a disk. It is read-only, or writable over an overlay that is gone when it is closed. The restore point is
 * pinned as long as the device is open; where the pin is lost, reads fail.
 *
 * @example
 * await using device = await restore.blockDevice(point, { volume: "vol-0def" });
 * console.log(device.uri);     // nbd+unix:///?socket=/tmp/holdfast-device-x/nbd.sock
 */
export class BlockDevice {
  /** Where clients find it: an NBD URI, as libnbd and QEMU take it. */
  readonly uri: string;
  /** The Unix socket, where it listens on one. */
  readonly socketPath: string | undefined;
  /** The port of 127.0.0.1, where it listens on one. */
  readonly port: number | undefined;
  readonly sizeBytes: number;
  readonly isWritable: boolean;
  /** Of which restore point. */
  readonly restorePoint: string;
  /** Of which of its volumes. */
  readonly volume: string;
  readonly #parts: BlockDeviceParts;
  #closing: Promise<void> | undefined;
  #stopListening = (): void => undefined;

  private constructor(parts: BlockDeviceParts) {
    this.#parts = parts;
    this.socketPath = parts.socketPath;
    this.port = parts.server.port;
    this.uri = parts.socketPath === undefined ? `nbd://127.0.0.1:${String(this.port)}` : `nbd+unix:///?socket=${parts.socketPath}`;
    this.sizeBytes = parts.volume.source.sizeBytes;
    this.isWritable = parts.overlay !== undefined;
    this.restorePoint = parts.volume.point.id;
    this.volume = parts.volume.volumeId;
  }

  /** @internal */
  static async open(environment: EngineEnvironment, repository: Repository, point: RestorePoint | string, options: ResolvedBlockDeviceOptions): Promise<BlockDevice> {
    const signal = options.signal ?? new AbortController().signal;
    signal.throwIfAborted();
    const volume = await OpenVolume.open(environment, repository, point, { volume: options.volume, cacheBytes: options.cacheBytes, thaw: options.thaw, onThaw: options.onThaw, signal });
    let folder: string | undefined;
    let overlay: Overlay | undefined;
    try {
      folder = await mkdtemp(join(tmpdir(), "holdfast-device-"));
      overlay = options.writable ? await Overlay.open(volume.source, join(folder, "overlay"), options.overlayBytes) : undefined;
      const socketPath = options.listen === "unix" ? join(folder, "nbd.sock") : undefined;
      const server = await NbdServer.listen(exportOf(volume, overlay, environment), socketPath === undefined ? { host: "127.0.0.1", port: options.port } : { path: socketPath }, environment.clock);
      const device = new BlockDevice({ volume, server, overlay, folder, socketPath });
      device.#closeWhen(signal, environment);
      return device;
    } catch (error) {
      await overlay?.close();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
      await volume.close();
      throw error;
    }
  }

  /** Hangs up on all clients, forgets what they wrote, and gives up the pin. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** `close`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** How it prints: what it gives out, and where. */
  [inspect.custom](): string {
    return `BlockDevice ${this.uri} (${this.isWritable ? "writable over" : "read-only"} ${this.volume} of ${this.restorePoint})`;
  }

  async #close(): Promise<void> {
    this.#stopListening();
    const { volume, server, overlay, folder } = this.#parts;
    await volume.close();
    await server.close();
    await overlay?.close();
    await rm(folder, { recursive: true, force: true });
  }

  #closeWhen(signal: AbortSignal, { logger }: EngineEnvironment): void {
    const close = (): void => {
      this.close().catch((error: unknown) => logger.error("a device could not be closed", { device: this.uri, error: asError(error).message }));
    };
    if (signal.aborted) close();
    else signal.addEventListener("abort", close, { once: true });
    // a signal may live for as long as its process does, and would hold every device that was ever opened under it
    this.#stopListening = () => signal.removeEventListener("abort", close);
  }
}

function exportOf(volume: OpenVolume, overlay: Overlay | undefined, { logger }: EngineEnvironment): NbdExport {
  return {
    name: volume.volumeId,
    description: `${volume.volumeId} of restore point ${volume.point.id}`,
    source: overlay ?? volume.source,
    overlay,
    onFailure: (command, error) => logger.warn("a client of a device was refused", { volume: volume.volumeId, command, error: asError(error).message }),
  };
}
