import * as z from "zod";
import type { ConfigurationError } from "../../errors/index.js";
import { optionError } from "../../options/option-error.js";
import { bootShape, verifyRestoreShape, sendNeedsPort } from "../../restore/verify/verify-options.js";
import { scheduleSchema, type ScheduleOptions } from "../../schedule/schedule-options.js";

/** When a policy's restore points are tried out, and how thoroughly. */
export interface PolicyVerifyOptions {
  /** As a policy's own schedule. While the policy is started the newest point of each resource is verified then. Without it, on demand alone: `policy.verify()`. */
  readonly schedule?: ScheduleOptions | undefined;
  /** Blocks of each volume that are read and proven: a number, or `all`. Default: 512. */
  readonly blocks?: number | "all" | undefined;
  /** Whether file systems are checked. Default: true. */
  readonly fileSystems?: boolean | undefined;
  /** Starts a machine from the root disk of each instance. Needs QEMU on this machine. Default: no. */
  readonly boot?: true | PolicyBootOptions | undefined;
  /** Seconds that the check of one file system may take. Default: 3,600. */
  readonly timeoutSeconds?: number | undefined;
}

/** How instances are started, and what they must do to count as booted. JSON. */
export interface PolicyBootOptions {
  /** Text that must come over the serial console. Default, without `port`: a login prompt. */
  readonly console?: string | undefined;
  /** A TCP port that must answer: say something by itself (as SSH does), or after `send`. */
  readonly port?: number | undefined;
  readonly send?: string | undefined;
  /** How the machine sees its disk. Default: `nvme`. */
  readonly disk?: "nvme" | "virtio" | "ide" | undefined;
  /** 128 to 65,536. Default: 1,024. */
  readonly memoryMib?: number | undefined;
  /** 5 to 3,600. Default: 300. */
  readonly timeoutSeconds?: number | undefined;
}

const consoleText = "must be text of at least one character.";
const { volume: _, ...policyBootShape } = { ...bootShape, console: z.string({ error: consoleText }).min(1, consoleText).optional() };

/** The part `verify` of a policy's options and of its JSON. */
export const verifyPolicySchema = z.strictObject(
  {
    ...verifyRestoreShape,
    schedule: scheduleSchema.optional(),
    boot: z.union([z.literal(true), z.strictObject(policyBootShape).refine(sendNeedsPort, { path: ["send"], message: "makes sense with port alone." })], { error: "must be true, or an object { console, port, … }." }).optional(),
  },
  { error: (issue: { readonly code: string }) => (issue.code === "invalid_type" ? "must be an object { schedule, blocks, fileSystems, boot, timeoutSeconds }." : undefined) },
);

/** Under which name the sessions of a policy's verified restores are kept: one that no policy can have. */
export function verificationsOf(policy: string): string {
  return `${policy}#verify`;
}

/** `ConfigurationError` where a policy says nothing of verified restores. */
export function verifyMissing(policy: string): ConfigurationError {
  return optionError("verify", `policy ${policy} has no such option. Give it one: verify: {} reads 256 MiB of each volume and checks the file systems.`);
}
