import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asError, type EngineEnvironment } from "../../session/index.js";
import { NbdServer } from "../nbd/nbd-server.js";
import type { ByteSource } from "../bytes/byte-source.js";
import { Overlay } from "../bytes/overlay.js";

/** What a scratch device is for, and what may be written to it. */
export interface ScratchDeviceOptions {
  readonly overlayBytes: number;
  /** One line for people. */
  readonly description: string;
}

/** A source as a writable block device for one of the machine's programs: over an overlay, on a Unix socket, both in a folder of its own that is gone when it is closed. */
export class ScratchDevice {
  readonly folder: string;
  readonly socketPath: string;
  /** As libnbd and QEMU take it. */
  readonly uri: string;
  readonly overlay: Overlay;
  readonly #server: NbdServer;

  private constructor(folder: string, socketPath: string, overlay: Overlay, server: NbdServer) {
    this.folder = folder;
    this.socketPath = socketPath;
    this.uri = `nbd+unix:///?socket=${socketPath}`;
    this.overlay = overlay;
    this.#server = server;
  }

  static async open({ clock, logger }: EngineEnvironment, source: ByteSource, { overlayBytes, description }: ScratchDeviceOptions): Promise<ScratchDevice> {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-files-"));
    let overlay: Overlay | undefined;
    try {
      overlay = await Overlay.open(source, join(folder, "overlay"), overlayBytes);
      const socketPath = join(folder, "nbd.sock");
      const onFailure = (command: string, error: unknown): void => logger.warn("a device could not be read", { description, command, error: asError(error).message });
      const server = await NbdServer.listen({ name: "files", description, source: overlay, overlay, onFailure }, { path: socketPath }, clock);
      return new ScratchDevice(folder, socketPath, overlay, server);
    } catch (error) {
      await overlay?.close();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Hangs up, forgets what was written, and removes the folder. */
  async close(): Promise<void> {
    await this.#server.close();
    await this.overlay.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
