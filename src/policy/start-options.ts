import * as z from "zod";
import { checkOptions } from "../options/check-options.js";
import { functionSchema, truth } from "../options/schemas.js";
import type { Session } from "../session/index.js";
import type { PolicyEvent } from "./policy-events.js";
import type { SessionResult } from "./session-result.js";
import type { PolicyVerification, PolicyVerifyEvent } from "./verify/verify-policy.js";

/** Who hears of the runs of a schedule. */
export interface StartOptions {
  /** Each session as it begins: iterate it, or leave it. */
  readonly onSession?: ((session: Session<SessionResult, PolicyEvent>) => void) | undefined;
  /** Each session of verified restores as it begins. */
  readonly onVerification?: ((session: Session<PolicyVerification, PolicyVerifyEvent>) => void) | undefined;
  /** What a run failed with, and what kept one from beginning (also that another process runs the policy). Without it, the logger is told. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/** How a schedule is stopped. */
export interface StopOptions {
  /** Aborts the run that is under way; without it, it is waited for. */
  readonly abort?: boolean | undefined;
}

const startSchema = z.strictObject({ onSession: functionSchema<NonNullable<StartOptions["onSession"]>>(), onVerification: functionSchema<NonNullable<StartOptions["onVerification"]>>(), onError: functionSchema<NonNullable<StartOptions["onError"]>>() });
const stopSchema = z.strictObject({ abort: truth });

export function checkStartOptions(options: StartOptions): StartOptions {
  return checkOptions<StartOptions>(options, { of: "a policy's start", schema: startSchema });
}

export function checkStopOptions(options: StopOptions): StopOptions {
  return checkOptions<StopOptions>(options, { of: "a policy's stop", schema: stopSchema });
}
