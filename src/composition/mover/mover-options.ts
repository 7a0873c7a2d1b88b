import type { MoverIdentity } from "../../mover/mover-environment.js";
import { defaultPace, type ControlPace } from "../../mover/protocol/pace.js";
import { optionError } from "../../options/option-error.js";

/** What the user data says to the mover, by the environment. */
export interface MoverOptions {
  readonly bucket: string;
  /** The account that the bucket belongs to: S3 refuses one of another's. */
  readonly bucketOwner: string;
  readonly region: string;
  readonly prefix: string;
  readonly identity: MoverIdentity;
  readonly pace: ControlPace;
}

/** Reads the environment; raises `ConfigurationError` naming the variable. `HOLDFAST_PACE` (JSON) is for tests, which cannot wait for minutes. */
export function moverOptionsOfEnvironment(environment: NodeJS.ProcessEnv): MoverOptions {
  const text = (name: string): string => {
    const value = environment[name];
    if (value !== undefined && value !== "") return value;
    throw optionError(name, "is missing in the environment of the data mover.");
  };
  const pace = environment["HOLDFAST_PACE"];
  return {
    bucket: text("HOLDFAST_BUCKET"),
    bucketOwner: text("HOLDFAST_BUCKET_OWNER"),
    region: text("HOLDFAST_REGION"),
    prefix: text("HOLDFAST_PREFIX"),
    identity: {
      worker: text("HOLDFAST_WORKER"),
      instanceId: environment["HOLDFAST_INSTANCE_ID"] ?? "unknown",
      architecture: text("HOLDFAST_ARCHITECTURE"),
      maxLifeMs: Number(text("HOLDFAST_MAX_LIFE_SECONDS")) * 1_000,
    },
    pace: pace === undefined ? defaultPace : { ...defaultPace, ...(JSON.parse(pace) as Partial<ControlPace>) },
  };
}
