import type { AccountRole, CloudAccount, ObjectStorage, ObjectStore } from "../ports/index.js";
import type { FrameOpener } from "../repository/pack/sealing/frame-opener.js";
import type { FrameSealer } from "../repository/pack/sealing/frame-sealer.js";
import type { EngineEnvironment } from "../session/index.js";
import type { RepositoryAccess } from "./protocol/documents.js";
import type { ControlPace } from "./protocol/pace.js";

/** How a worker reaches an account: by its own role, or by one that it assumes. */
export interface AccountAccess {
  readonly region: string;
  readonly role?: AccountRole | undefined;
}

/** What a mover on a worker takes from the machine around it. */
export interface MoverEnvironment extends EngineEnvironment {
  /** The configuration bucket. */
  readonly store: ObjectStore;
  readonly pace: ControlPace;
  /** Whether the machine is about to be taken back: the notice of a spot interruption. Absent where nobody takes it back. */
  readonly isInterrupted?: (() => Promise<boolean>) | undefined;
  readonly openAccount: (access: AccountAccess) => CloudAccount;
  /** Who seals a backup's blocks; by default the calling thread. */
  readonly sealer?: FrameSealer | undefined;
  /** Who opens a restore's blocks; by default the calling thread. */
  readonly opener?: FrameOpener | undefined;
  readonly openStorage: (place: RepositoryAccess) => ObjectStorage;
}

/** Which worker this is. */
export interface MoverIdentity {
  /** 32 hexadecimal digits. */
  readonly worker: string;
  readonly instanceId: string;
  /** `x64` or `arm64`. */
  readonly architecture: string;
  /** After this long the worker ends, whatever it does. */
  readonly maxLifeMs: number;
}
