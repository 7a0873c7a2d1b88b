import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { ConfigurationError, HoldfastError, NotFoundError } from "../../errors/index.js";
import { optionError } from "../../options/option-error.js";
import { blockSizeBytes, type CallOptions } from "../../ports/index.js";
import { isDamage } from "../../repository/store/damage.js";
import { pointId } from "../../repository/points/check-point.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { RestoreVerification, VerifiedBoot, VerifiedFile, VerifiedFileSystem, VerifiedVolume } from "../../repository/verified/restore-verification.js";
import type { Repository } from "../../repository/repository.js";
import { asError, ownSignal, Session, type EngineEnvironment, type RunningSession } from "../../session/index.js";
import { restoreVolume } from "../../transfer/restore-volume.js";
import { defaultCacheBytes } from "../device/device-options.js";
import { FileSource } from "../bytes/file-source.js";
import { SignalledSource } from "../bytes/signalled-source.js";
import { OpenVolume } from "../device/open-volume.js";
import { findFileSystems, type Disk } from "../files/disk/find-file-systems.js";
import type { FileSystem } from "../files/file-system.js";
import type { ImageFiles } from "../image-files.js";
import { bootDisk, requireQemu } from "./boot-disk.js";
import { checkFileSystem } from "./check-file-systems.js";
import { compareBlocks } from "./compare-blocks.js";
import type { VerifyRestoreEvent } from "./verify-events.js";
import { resolveVerifyRestoreOptions, type ResolvedVerifyRestoreOptions, type VerifyRestoreOptions } from "./verify-options.js";

/** What a verified restore takes from around it. */
export interface VerifyRestoreEnvironment extends EngineEnvironment {
  readonly repository: Repository;
  /** Where volumes are restored into quarantine. Needed with that option alone. */
  readonly imageFiles?: ImageFiles | undefined;
}

/** Tries out whether a restore point can be restored, and keeps what was found with the point. Only what hinders the trying itself is raised. */
export function verifyRestore(environment: VerifyRestoreEnvironment, point: RestorePoint | string, options: VerifyRestoreOptions): Session<RestoreVerification, VerifyRestoreEvent> {
  const wanted = resolveVerifyRestoreOptions(options);
  return Session.start(`verified restore of ${pointId(point)}`, environment, async (session: RunningSession<VerifyRestoreEvent>) => {
    session.emit({ type: "session:started", session: session.id });
    const verification = await new VerifiedRestore(environment, wanted, session).run(point);
    session.emit({ type: "session:ended", session: session.id });
    return verification;
  });
}

/** A volume that is checked, where it is read from - until the verification is aborted -, and how it is let go. */
interface OpenDisk extends Disk {
  readonly close: () => Promise<void>;
}

class VerifiedRestore {
  readonly #environment: VerifyRestoreEnvironment;
  readonly #options: ResolvedVerifyRestoreOptions;
  readonly #session: RunningSession<VerifyRestoreEvent>;
  readonly #signal: AbortSignal;
  readonly #volumes: VerifiedVolume[] = [];
  readonly #failures: string[] = [];

  constructor(environment: VerifyRestoreEnvironment, options: ResolvedVerifyRestoreOptions, session: RunningSession<VerifyRestoreEvent>) {
    this.#environment = environment;
    this.#options = options;
    this.#session = session;
    this.#signal = ownSignal([options.signal]);
  }

  async run(given: RestorePoint | string): Promise<RestoreVerification> {
    const signal = this.#signal;
    signal.throwIfAborted();
    const { repository, clock } = this.#environment;
    const point = typeof given === "string" ? await repository.restorePoint(given, { signal }) : given;
    const volumes = this.#options.volumes ?? point.volumes.map(({ volumeId }) => volumeId);
    const bootVolume = this.#bootVolume(point, volumes);
    if (this.#options.boot !== undefined) await requireQemu();
    this.#session.emit({ type: "verify:started", restorePoint: point.id, volumes });
    const disks: OpenDisk[] = [];
    let fileSystems: VerifiedFileSystem[] = [];
    let files: VerifiedFile[];
    let boot: VerifiedBoot | undefined;
    try {
      for (const volume of volumes) disks.push(...(await this.#openDisk(point, volume)));
      const found = await findFileSystems(this.#environment, disks);
      try {
        if (this.#options.fileSystems) fileSystems = await this.#checkFileSystems(found);
        files = await this.#compareFiles(found);
      } finally {
        for (const one of found) await one.close();
      }
      const bootDisk = disks.find(({ volumeId }) => volumeId === bootVolume);
      if (bootDisk !== undefined) boot = await this.#boot(bootDisk);
    } finally {
      for (const disk of disks) await disk.close();
    }
    const verification: RestoreVerification = {
      session: this.#session.id,
      restorePoint: point.id,
      startedAt: this.#session.startedAt.toISOString(),
      endedAt: clock.now().toISOString(),
      isVerified: this.#failures.length === 0,
      failures: this.#failures,
      volumes: this.#volumes,
      fileSystems,
      files,
      ...(boot !== undefined && { boot }),
    };
    await this.#record(point, verification);
    return verification;
  }

  #bootVolume(point: RestorePoint, volumes: readonly string[]): string | undefined {
    const { boot } = this.#options;
    if (boot === undefined) return undefined;
    const rootDevice = point.instance?.["rootDeviceName"];
    const root = point.volumes.find(({ deviceName }) => deviceName !== undefined && deviceName === rootDevice)?.volumeId;
    const chosen = boot.volume ?? (volumes.length === 1 ? volumes[0] : root);
    if (chosen !== undefined && volumes.includes(chosen)) return chosen;
    const what = chosen === undefined ? "must be given: the restore point has several volumes, and which of them has the boot loader is not known; it is one of" : `is "${chosen}", which is none of those that are verified:`;
    throw optionError("boot.volume", `${what} ${volumes.join(", ")}.`, { context: { volumes } });
  }

  /** Opens a volume and compares its blocks; in quarantine, restores it first. None where its data cannot be read at all. */
  async #openDisk(point: RestorePoint, volume: string): Promise<OpenDisk[]> {
    const { repository, clock, random } = this.#environment;
    const signal = this.#signal;
    const opened = await OpenVolume.open(this.#environment, repository, point, { volume, cacheBytes: defaultCacheBytes, thaw: this.#options.thaw, onThaw: (event) => this.#session.emit(event), signal });
    try {
      if (this.#options.quarantine !== undefined) return await this.#quarantine(opened, this.#options.quarantine);
      const { map, throwIfLost } = opened;
      this.#verified(await compareBlocks(volume, map, { blocks: this.#options.blocks, clock, random, signal, throwIfLost }));
      return [{ volumeId: volume, source: new SignalledSource(opened.source, signal), close: async () => await opened.close() }];
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  async #quarantine(opened: OpenVolume, folder: string): Promise<OpenDisk[]> {
    const { imageFiles, clock } = this.#environment;
    const { map, volumeId } = opened;
    if (imageFiles === undefined) throw optionError("quarantine", "there is nothing that writes images here.");
    const own = await mkdtemp(join(folder, "holdfast-quarantine-"));
    const remove = async (): Promise<void> => {
      await rm(own, { recursive: true, force: true });
      await opened.close();
    };
    const facts = { volume: volumeId, sizeBytes: map.root.volumeSizeBytes, blocks: map.root.presentBlocks, measuredBy: "restore" } as const;
    const dataBytes = facts.blocks * blockSizeBytes;
    const path = join(own, "disk.img");
    const startedMs = clock.monotonicMs();
    const writer = await imageFiles.create({ path, sizeBytes: facts.sizeBytes, dataBytes, overwrite: false });
    let isComplete = false;
    try {
      const { blocks: comparedBlocks } = await restoreVolume(map, writer, { signal: this.#signal });
      await writer.complete({ signal: this.#signal });
      isComplete = true;
      const restoreMs = Math.max(1, Math.round(clock.monotonicMs() - startedMs));
      this.#verified({ ...facts, comparedBlocks, damagedBlocks: [], bytesPerSecond: Math.round((dataBytes * 1_000) / restoreMs), restoreMs });
      const source = await FileSource.open(path);
      return [{ volumeId, source: new SignalledSource(source, this.#signal), close: async () => { await source.close(); await remove(); } }];
    } catch (error) {
      if (!isComplete) await writer.abort();
      await remove();
      if (!isDamage(error)) throw error;
      const { block } = error.context;
      this.#verified({ ...facts, comparedBlocks: 0, damagedBlocks: typeof block === "number" ? [block] : [] });
      this.#failures.push(`${volumeId}: it cannot be restored: ${error.message}`);
      return [];
    }
  }

  #verified(volume: VerifiedVolume): void {
    this.#volumes.push(volume);
    if (volume.damagedBlocks.length > 0) this.#failures.push(`${volume.volume}: ${String(volume.damagedBlocks.length)} of the blocks that were read are damaged, the first is ${String(volume.damagedBlocks[0])}; repository.verify names what is affected, repository.repair may help`);
    this.#session.emit({ type: "volume:verified", ...volume });
  }

  async #checkFileSystems(found: readonly FileSystem[]): Promise<VerifiedFileSystem[]> {
    const checked: VerifiedFileSystem[] = [];
    for (const fileSystem of found) {
      const result = await checkFileSystem(this.#environment, fileSystem, { timeoutMs: this.#options.timeoutMs, signal: this.#signal });
      checked.push(result);
      if (result.isClean === false) this.#failures.push(`${result.id}: ${result.by ?? result.type} finds the ${result.type} file system damaged: ${result.findings[0] ?? "it says no more"}`);
      this.#session.emit({ type: "file-system:verified", fileSystem: result });
    }
    return checked;
  }

  async #compareFiles(found: readonly FileSystem[]): Promise<VerifiedFile[]> {
    const compared: VerifiedFile[] = [];
    const readable = found.filter(({ engine }) => engine !== undefined);
    for (const { fileSystem, path, sha256 } of this.#options.files) {
      const one = fileSystem === undefined && readable.length === 1 ? readable[0] : found.find(({ id }) => id === fileSystem);
      const facts = { fileSystem: one?.id ?? fileSystem ?? "", path };
      const result = await this.#compareFile(one, path, sha256);
      compared.push({ ...facts, ...result });
      if (!result.matches) this.#failures.push(`${facts.fileSystem}:${path}: ${result.problem ?? "it has another hash than it should"}`);
    }
    if (compared.length > 0) this.#session.emit({ type: "files:verified", files: compared.length, matching: compared.filter(({ matches }) => matches).length });
    return compared;
  }

  async #compareFile(fileSystem: FileSystem | undefined, path: string, expected: string): Promise<Pick<VerifiedFile, "matches" | "sha256" | "problem">> {
    if (fileSystem === undefined) return { matches: false, problem: "there is no such file system" };
    try {
      const hash = createHash("sha256");
      for await (const piece of fileSystem.read(path, { signal: this.#signal })) hash.update(piece);
      const sha256 = hash.digest("hex");
      return { matches: sha256 === expected.toLowerCase(), sha256 };
    } catch (error) {
      this.#signal.throwIfAborted();
      if (!(error instanceof NotFoundError || error instanceof ConfigurationError || isDamage(error))) throw error;
      return { matches: false, problem: error.message };
    }
  }

  async #boot({ volumeId, source }: Disk): Promise<VerifiedBoot | undefined> {
    const { boot } = this.#options;
    if (boot === undefined) return undefined;
    this.#session.emit({ type: "boot:started", volume: volumeId });
    const result = await bootDisk(this.#environment, volumeId, source, boot, this.#signal);
    if (!result.hasBooted) this.#failures.push(`${volumeId}: a machine does not boot from it: ${result.problem ?? "it does not say why"}`);
    this.#session.emit({ type: "boot:ended", ...result });
    return result;
  }

  /** What was found is given, and told in the events, also where it cannot be kept. */
  async #record(point: RestorePoint, verification: RestoreVerification, { signal }: CallOptions = { signal: this.#signal }): Promise<void> {
    const { restorePoint, isVerified } = verification;
    try {
      await point.recordVerification(verification, { signal });
      this.#session.emit({ type: "verify:recorded", restorePoint, isVerified });
    } catch (error) {
      signal?.throwIfAborted();
      if (!HoldfastError.isInstance(error)) throw error;
      this.#session.emit({ type: "verify:unrecorded", restorePoint, message: asError(error).message });
      this.#environment.logger.warn("what a verified restore found could not be kept with its restore point", { session: verification.session, restorePoint, error: asError(error).message });
    }
  }
}
