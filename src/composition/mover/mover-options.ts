import * as z from "zod";
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

const maxLifeSeconds = 366 * 86_400;
const ms = (byDefault: number): z.ZodDefault<z.ZodNumber> => z.number().positive().max(2 ** 31 - 1).default(byDefault);
const paceSchema = z.strictObject({ pollMs: ms(defaultPace.pollMs), beatMs: ms(defaultPace.beatMs), silentAfterMs: ms(defaultPace.silentAfterMs), helloWithinMs: ms(defaultPace.helloWithinMs), claimWithinMs: ms(defaultPace.claimWithinMs), idleMs: ms(defaultPace.idleMs) });

/** Reads the environment; raises `ConfigurationError` naming the variable. `HOLDFAST_PACE` (JSON) is for tests, which cannot wait for minutes. */
export function moverOptionsOfEnvironment(environment: NodeJS.ProcessEnv): MoverOptions {
  const text = (name: string): string => {
    const value = environment[name];
    if (value !== undefined && value !== "") return value;
    throw optionError(name, "is missing in the environment of the data mover.");
  };
  const lifeSeconds = Number(text("HOLDFAST_MAX_LIFE_SECONDS"));
  // a worker without an end would be paid for until somebody finds it
  if (!(lifeSeconds > 0 && lifeSeconds <= maxLifeSeconds)) throw optionError("HOLDFAST_MAX_LIFE_SECONDS", "must be a number of seconds, up to a year.");
  return {
    bucket: text("HOLDFAST_BUCKET"),
    bucketOwner: text("HOLDFAST_BUCKET_OWNER"),
    region: text("HOLDFAST_REGION"),
    prefix: text("HOLDFAST_PREFIX"),
    identity: {
      worker: text("HOLDFAST_WORKER"),
      instanceId: environment["HOLDFAST_INSTANCE_ID"] ?? "unknown",
      architecture: text("HOLDFAST_ARCHITECTURE"),
      maxLifeMs: lifeSeconds * 1_000,
    },
    pace: paceOf(environment["HOLDFAST_PACE"]),
  };
}

function paceOf(json: string | undefined): ControlPace {
  if (json === undefined) return defaultPace;
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    // said by the schema, which `undefined` does not fit
  }
  const parsed = paceSchema.safeParse(given);
  if (!parsed.success) throw optionError("HOLDFAST_PACE", `must be JSON with milliseconds for some of ${Object.keys(defaultPace).join(", ")}.`);
  return parsed.data;
}
