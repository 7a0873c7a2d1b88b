import { ConflictError, IllegalStateError } from "../../errors/index.js";
import { assertReadable } from "../../repository/archive/assert-readable.js";
import type { ReaderSession } from "../../repository/leases/reader-session.js";
import { tryPin } from "../../repository/leases/while-pinned.js";
import type { BlockMap } from "../../repository/map/block-map.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { Repository } from "../../repository/repository.js";
import { asError, type EngineEnvironment, type Unstamped } from "../../session/index.js";
import { thawFirst, type RestoreThawEvent, type RestoreThawOptions } from "../thaw/thaw-first.js";
import { findSource } from "../find-source.js";
import { PointSource } from "../bytes/point-source.js";

/** What is opened. */
export interface OpenVolumeRequest {
  readonly volume: string | undefined;
  readonly cacheBytes: number;
  readonly thaw?: RestoreThawOptions | undefined;
  readonly onThaw?: ((event: RestoreThawEvent) => void) | undefined;
  readonly signal: AbortSignal;
}

/** A volume of a restore point that is open: pinned as long as it is, the pin renewed by itself. */
export class OpenVolume {
  readonly point: RestorePoint;
  readonly volumeId: string;
  readonly source: PointSource;
  readonly map: BlockMap;
  /** Raises where what is read may have been removed: the pin was lost, the volume closed. */
  readonly throwIfLost: () => void;
  readonly #pin: ReaderSession | undefined;
  readonly #environment: EngineEnvironment;
  readonly #state: { isClosed: boolean };

  private constructor(opened: { readonly point: RestorePoint; readonly volumeId: string; readonly source: PointSource; readonly map: BlockMap; readonly throwIfLost: () => void; readonly pin: ReaderSession | undefined; readonly state: { isClosed: boolean } }, environment: EngineEnvironment) {
    this.point = opened.point;
    this.volumeId = opened.volumeId;
    this.source = opened.source;
    this.map = opened.map;
    this.throwIfLost = opened.throwIfLost;
    this.#pin = opened.pin;
    this.#state = opened.state;
    this.#environment = environment;
  }

  /** Pins the point, then looks for it and its volume. Raises before anything is read where its packs must be thawed first. */
  static async open(environment: EngineEnvironment, repository: Repository, given: RestorePoint | string, request: OpenVolumeRequest): Promise<OpenVolume> {
    const { signal } = request;
    const pin = await tryPin({ what: "device", pin: async () => await repository.pin([given], { signal }), logger: environment.logger, signal });
    try {
      const { point, volumeId, map } = await findSource(repository, given, request.volume, { signal });
      const emit = (event: Unstamped<RestoreThawEvent>): void => request.onThaw?.({ ...event, at: environment.clock.now() });
      await thawFirst(repository, point, { volumes: [volumeId], thaw: request.thaw, emit, signal });
      await assertReadable(map, { signal });
      const state = { isClosed: false };
      const throwIfLost = (): void => {
        if (state.isClosed) throw new IllegalStateError(`The device of ${volumeId} is closed. Open it again: restore.blockDevice(point, { volume }).`, { code: "DeviceClosed" });
        if (pin !== undefined) throwIfPinLost(pin);
      };
      return new OpenVolume({ point, volumeId, source: new PointSource(map, { cacheBytes: request.cacheBytes, throwIfLost }), map, throwIfLost, pin, state }, environment);
    } catch (error) {
      await endPin(environment, pin);
      throw error;
    }
  }

  /** Reads that begin after this raise `IllegalStateError` (`DeviceClosed`). */
  async close(): Promise<void> {
    if (this.#state.isClosed) return;
    this.#state.isClosed = true;
    await endPin(this.#environment, this.#pin);
  }
}

/** Once the pin is lost nothing is read any more: what the point needs may be gone at any moment. */
function throwIfPinLost(pin: ReaderSession): void {
  try {
    pin.throwIfLost();
  } catch (lost) {
    throw new ConflictError(`${asError(lost).message} The restore point may be removed while it is read. Open the device again.`, { code: "LeaseLost", retryable: true, cause: lost });
  }
}

async function endPin({ logger }: EngineEnvironment, pin: ReaderSession | undefined): Promise<void> {
  await pin?.end().catch((error: unknown) => {
    logger.warn("a device could not remove its pin; a collection ends it later", { error: asError(error).message });
  });
}
