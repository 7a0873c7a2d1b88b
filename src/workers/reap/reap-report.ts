import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { regionSchema, signalSchema, truth, withMethods } from "../../options/schemas.js";
import type { CallOptions, CloudAccount } from "../../ports/index.js";

/** How left-overs are looked for. */
export interface ReapOptions extends CallOptions {
  /** Where instances are looked for. Default: the account's region, the configuration bucket's, and those that `networks` names. */
  readonly regions?: readonly string[] | undefined;
  /**
   * The accounts that are restored to, each as who may find and remove snapshots there (the role `restore` of `iamPolicies`): what dead restores left in them is removed. Of one account the first counts. The pool's own is
   * looked at besides. Default: that alone.
   */
  readonly accounts?: readonly CloudAccount[] | undefined;
  /** Says what would be removed, and removes nothing. Default: false. */
  readonly dryRun?: boolean | undefined;
}

/** Something that nobody works with any more. */
export interface ReapedResource {
  readonly kind: "instance" | "volume" | "interface" | "instance-profile" | "role" | "worker" | "task" | "snapshot" | "restore";
  /** An id of EC2, or a name in IAM or the configuration bucket. */
  readonly id: string;
  readonly region?: string | undefined;
  readonly reason: string;
}

/** A note in the configuration bucket that could not be read, and what to do about it. JSON. */
export interface ReapFinding {
  readonly severity: "warning";
  readonly code: "DamagedNote";
  /** Of what it is. */
  readonly kind: "worker" | "task" | "restore";
  /** Its name in the configuration bucket, below `configurationPrefix`. */
  readonly object: string;
  readonly message: string;
  readonly remedy: string;
}

/** What a reaping removed, or would. JSON. */
export interface ReapReport {
  readonly isDryRun: boolean;
  readonly removed: readonly ReapedResource[];
  /** The engine's own that somebody still works with, may go on with, or may have come to use. */
  readonly kept: readonly ReapedResource[];
  /** Damaged notes: nothing is removed on their word, and what they may speak of is `kept`. */
  readonly findings: readonly ReapFinding[];
}

const accounts = z.array(withMethods<CloudAccount>(["accountId", "compute"], "must be an AwsAccount."), { error: "must be a list of AwsAccounts." });
const schema = z.strictObject({ regions: z.array(regionSchema, { error: "must be a list of regions." }).optional(), accounts: accounts.optional(), dryRun: truth, signal: signalSchema });

export function resolveReapOptions(options: ReapOptions): ReapOptions {
  return checkOptions<ReapOptions>(options, { of: "a reaping", schema });
}
