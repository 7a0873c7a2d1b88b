import type { ControlObjects } from "../mover/protocol/control-objects.js";
import type { ControlPace } from "../mover/protocol/pace.js";
import type { ObjectStore, WorkerAccount, WorkerArchitecture } from "../ports/index.js";
import type { EngineEnvironment } from "../session/index.js";
import type { ResolvedPoolOptions } from "./pool-options.js";

/** A data mover with its runtime, as it is published. */
export interface MoverBundle {
  readonly sha256: string;
  readonly body: Uint8Array;
}

/** Where the configuration bucket is, and as whom it is reached. */
export interface ConfigurationPlace {
  readonly account: WorkerAccount;
  readonly configurationBucket: string;
  readonly configurationPrefix: string;
  readonly configurationRegion: string;
}

/** What a pool takes from the machine around it. */
export interface WorkerPoolEnvironment extends EngineEnvironment {
  readonly pace: ControlPace;
  /** Opens the configuration bucket. */
  readonly openConfiguration: (place: ConfigurationPlace) => Promise<ObjectStore>;
  /** Reads the bundle in a file. */
  readonly readBundle: (path: string, architecture: WorkerArchitecture) => Promise<MoverBundle>;
}

/** What everything in one pool shares. */
export interface PoolContext extends EngineEnvironment {
  readonly options: ResolvedPoolOptions;
  readonly pace: ControlPace;
  /** This pool in this process, and no other: 32 hexadecimal digits. */
  readonly engine: string;
  /** The configuration bucket; opened when it is first needed. */
  readonly control: () => Promise<ControlObjects>;
  /** The name in the configuration bucket under which the data mover of an architecture lies, published if it was not, and its digest. */
  readonly bundle: (architecture: WorkerArchitecture) => Promise<{ readonly name: string; readonly sha256: string }>;
}
