import * as z from "zod";
import { wholeNumberFromTo } from "../../options/whole-number.js";

/** What must hold of a policy's resources and points. What is not named is not looked at. */
export interface ComplianceOptions {
  /** Every instance and volume in the policy's account and regions is protected by it, or by one of the others that are named. */
  readonly protectEverything?: boolean | undefined;
  /** In the last 30 days, or since its first point, no resource was without a new point for longer: 1 to 8,784 hours. */
  readonly pointEveryHours?: number | undefined;
  /** A point of each resource reaches back so far, or is kept until it will: 1 to 36,500 days. */
  readonly keepDays?: number | undefined;
  /** The repository is encrypted, and so is the archive. */
  readonly encrypted?: boolean | undefined;
  /** Each point is locked for so many days from its time: 1 to 36,500. */
  readonly immutableDays?: number | undefined;
  /** There is a whole replica of each resource in another region, no older than this: 1 to 87,600 hours. */
  readonly copyInOtherRegionWithinHours?: number | undefined;
  /** The newest point of each resource is no older than this: 1 to 87,600 hours. */
  readonly newestPointWithinHours?: number | undefined;
  /** A point of each resource was restored and verified within so many days: 1 to 36,500. */
  readonly verifiedRestoreWithinDays?: number | undefined;
}

const maxHours = 87_600;
const maxGapHours = 8_784;
const maxDays = 36_500;
const truth = z.literal(true, { error: "must be true, or left out." }).optional();

const controlSchema = z.strictObject(
  {
    protectEverything: truth,
    pointEveryHours: wholeNumberFromTo(1, maxGapHours).optional(),
    keepDays: wholeNumberFromTo(1, maxDays).optional(),
    encrypted: truth,
    immutableDays: wholeNumberFromTo(1, maxDays).optional(),
    copyInOtherRegionWithinHours: wholeNumberFromTo(1, maxHours).optional(),
    newestPointWithinHours: wholeNumberFromTo(1, maxHours).optional(),
    verifiedRestoreWithinDays: wholeNumberFromTo(1, maxDays).optional(),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "must be an object of controls." : undefined) },
);

/** The options as they are checked, and as they stand in a policy's JSON. Of no control nothing could be said. */
export const complianceSchema = controlSchema.refine((controls) => Object.values(controls).some((value) => value !== undefined), `must name a control, one or more of ${Object.keys(controlSchema.shape).join(", ")}.`);
