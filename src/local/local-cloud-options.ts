import { resolve } from "node:path";
import { checkFaultOptions } from "./wire/faults/fault-options.js";
import type { FaultOptions } from "./wire/faults/fault-options.js";
import { resolveBlockLimits } from "./block-service-limits.js";
import type { BlockLimits } from "./block-service-limits.js";
import type { S3Limits } from "./s3/s3-storage-options.js";
import { wrong } from "./wrong-option.js";

/** How a local cloud is started. */
export interface LocalCloudOptions {
  /** Where the cloud's state lies; kept by `close()`. Without it a private temporary folder is used and removed by `close()`. */
  readonly directory?: string;
  /** The regions that exist (default us-east-1, us-west-2, eu-west-1, eu-north-1). */
  readonly regions?: readonly string[];
  /** The port on 127.0.0.1 (default: a free one). */
  readonly port?: number;
  /** The account for whoever names none (default 111122223333). */
  readonly accountId?: string;
  /** Limits of the services. */
  readonly limits?: LocalCloudLimits;
  /** The seed of injected faults, and faults to begin with. */
  readonly faults?: { readonly seed?: number; readonly rules?: readonly FaultOptions[] };
  /** How many calls the log keeps (default 10,000; counts are exact beyond that). */
  readonly maxLoggedCalls?: number;
  /** Whether what is written is synced to the disk before it is confirmed (default true). A killed process loses nothing either way. */
  readonly durable?: boolean;
  /**
   * What RunInstances does. With `"record"`, the default, an instance is a record. With `"run"` its user data, if it is a script, runs
   * on this machine as the user of this process, with instance metadata and the credentials of its role.
   *
   * Running is asked for by name because user data is somebody's program: instances are restored with what they were backed up with, and
   * a script that sets up a production host must not do so to yours.
   */
  readonly instances?: "run" | "record";
  /**
   * How an instance that runs is kept to its network. With `"endpoint"`, the default, it has endpoints of its own on this machine, and every
   * call there, or with its credentials anywhere, goes only where its network has a road. With `"namespace"` it besides runs in a network
   * namespace that has nothing but those endpoints: that takes Linux with `unshare` and `ip`, and root or user namespaces.
   */
  readonly instanceNetwork?: "endpoint" | "namespace";
}

/** Limits of the services, each with AWS's own as its default. */
export interface LocalCloudLimits {
  readonly s3?: S3Limits;
  /** Volumes, snapshots and EBS direct: AWS's quotas by default. `"none"` limits no rate. */
  readonly blocks?: BlockLimits | "none";
  /** What Service Quotas says of the vCPUs of standard instances, on demand and spot alike (default 1,024). */
  readonly vcpus?: number;
}

export interface ResolvedLocalCloudLimits {
  readonly s3: S3Limits | undefined;
  readonly blocks: BlockLimits;
  readonly vcpus: number;
}

export interface ResolvedLocalCloudOptions {
  readonly directory: string | undefined;
  readonly regions: readonly string[];
  readonly port: number;
  readonly accountId: string;
  readonly limits: ResolvedLocalCloudLimits;
  readonly faultSeed: number;
  readonly faultRules: readonly FaultOptions[];
  readonly maxLoggedCalls: number;
  readonly durable: boolean;
  readonly instances: "run" | "record";
  readonly instanceNetwork: "endpoint" | "namespace";
}

const DEFAULT_REGIONS = ["us-east-1", "us-west-2", "eu-west-1", "eu-north-1"];
const DEFAULT_ACCOUNT_ID = "111122223333";
const DEFAULT_VCPUS = 1_024;
const DEFAULT_LOGGED_CALLS = 10_000;
const MAX_PORT = 65_535;
const REGION = /^[a-z]{2,4}(-[a-z]+)+-\d$/;
const KEYS = ["directory", "regions", "port", "accountId", "limits", "faults", "maxLoggedCalls", "durable", "instances", "instanceNetwork"];

/** Fills in defaults. Raises a `TypeError` that names the option which is wrong, its value and the remedy. */
export function resolveLocalCloudOptions(options: LocalCloudOptions = {}): ResolvedLocalCloudOptions {
  for (const key of Object.keys(options)) if (!KEYS.includes(key)) throw wrong(key, undefined, `one of the known options: ${KEYS.join(", ")}`);
  const { directory, regions = DEFAULT_REGIONS, port = 0, accountId = DEFAULT_ACCOUNT_ID, limits = {}, faults = {} } = options;
  const { maxLoggedCalls = DEFAULT_LOGGED_CALLS, durable = true, instances = "record", instanceNetwork = "endpoint" } = options;
  if (directory !== undefined && (typeof directory !== "string" || directory === "")) throw wrong("directory", directory, "the path of a folder");
  if (!Array.isArray(regions) || regions.length === 0) throw wrong("regions", regions, "a list of at least one region");
  for (const [index, region] of regions.entries()) {
    if (typeof region !== "string" || !REGION.test(region)) throw wrong(`regions[${index}]`, region, 'a region\'s name such as "eu-west-1"');
  }
  if (!Number.isInteger(port) || port < 0 || port > MAX_PORT) throw wrong("port", port, "0 for a free port, or a port from 1 to 65535");
  checkAccountId("accountId", accountId);
  const seed = faults.seed ?? 1;
  if (!Number.isInteger(seed)) throw wrong("faults.seed", seed, "a whole number");
  for (const rule of faults.rules ?? []) checkFaultOptions(rule);
  if (!Number.isInteger(maxLoggedCalls) || maxLoggedCalls < 1) throw wrong("maxLoggedCalls", maxLoggedCalls, "a whole number above 0");
  if (typeof durable !== "boolean") throw wrong("durable", durable, "true or false");
  if (!["run", "record"].includes(instances)) throw wrong("instances", instances, '"run" or "record"');
  if (!["endpoint", "namespace"].includes(instanceNetwork)) throw wrong("instanceNetwork", instanceNetwork, '"endpoint" or "namespace"');
  const { vcpus = DEFAULT_VCPUS } = limits;
  if (!Number.isInteger(vcpus) || vcpus < 0) throw wrong("limits.vcpus", vcpus, "a whole number, 0 or more");
  return {
    directory: directory === undefined ? undefined : resolve(directory),
    regions: [...new Set(regions)],
    port,
    accountId,
    limits: { s3: limits.s3, blocks: resolveBlockLimits(limits.blocks), vcpus },
    faultSeed: seed,
    faultRules: faults.rules ?? [],
    maxLoggedCalls,
    durable,
    instances,
    instanceNetwork,
  };
}

/** Checks that an account's id has its twelve digits. */
export function checkAccountId(path: string, accountId: unknown): void {
  if (typeof accountId !== "string" || !/^\d{12}$/.test(accountId)) throw wrong(path, accountId, "an account's id: a text of twelve digits");
}
