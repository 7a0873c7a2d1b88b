import * as z from "zod";
import { regionSchema } from "../../options/schemas.js";
import type { WorkerArchitecture } from "../../ports/index.js";

/** How large a worker is. `archiving`: for copies into an archive, verifications and collections. */
export type WorkerProfile = "small" | "medium" | "large" | "archiving";

/** Instance types for the profiles: one, or several that are tried in order where EC2 has no place for the first. */
export interface ProfileTypes {
  readonly small?: string | readonly string[] | undefined;
  readonly medium?: string | readonly string[] | undefined;
  readonly large?: string | readonly string[] | undefined;
  readonly archiving?: string | readonly string[] | undefined;
}

/** Which instance types workers have. */
export interface ProfileOptions extends ProfileTypes {
  /** Other types in some regions. */
  readonly regions?: Readonly<Record<string, ProfileTypes>> | undefined;
  /** From this size on a worker is `medium`, in GiB. Default: 1,024. */
  readonly mediumFromGib?: number | undefined;
  /** Above this size a worker is `large`, in GiB. Default: 16,384. */
  readonly largeAboveGib?: number | undefined;
}

export interface ResolvedProfiles {
  readonly types: Readonly<Record<WorkerProfile, readonly string[]>>;
  readonly regions: Readonly<Record<string, Partial<Record<WorkerProfile, readonly string[]>>>>;
  readonly mediumFromGib: number;
  readonly largeAboveGib: number;
}

const defaultTypes: Readonly<Record<WorkerArchitecture, Readonly<Record<WorkerProfile, readonly string[]>>>> = {
  x64: { small: ["c5.large"], medium: ["c5.2xlarge"], large: ["c5.4xlarge"], archiving: ["c5.2xlarge"] },
  arm64: { small: ["c7g.large"], medium: ["c7g.2xlarge"], large: ["c7g.4xlarge"], archiving: ["c7g.2xlarge"] },
};
const defaultMediumFromGib = 1_024;
const defaultLargeAboveGib = 16_384;

const typeText = 'must be an instance type, like "c5.large", or a list of them in the order in which they are tried.';
const typePattern = /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/;
const type = z.string({ error: typeText }).regex(typePattern, typeText);
const typesSchema = z.union([type, z.array(type).min(1, typeText)], { error: typeText }).optional();
const profileShape = { small: typesSchema, medium: typesSchema, large: typesSchema, archiving: typesSchema };
const sizeText = "must be a whole number of GiB, from 1.";
const size = z.int({ error: sizeText }).min(1, sizeText).optional();

export const profilesSchema = z
  .strictObject({ ...profileShape, regions: z.record(regionSchema, z.strictObject(profileShape)).optional(), mediumFromGib: size, largeAboveGib: size })
  .refine(({ mediumFromGib = defaultMediumFromGib, largeAboveGib = defaultLargeAboveGib }) => mediumFromGib <= largeAboveGib, { path: ["largeAboveGib"], message: "must not be less than mediumFromGib." });

/** Fills in the defaults: Intel's, or Graviton's. */
export function resolveProfiles(given: ProfileOptions = {}, isGraviton = false): ResolvedProfiles {
  const { regions = {}, mediumFromGib = defaultMediumFromGib, largeAboveGib = defaultLargeAboveGib } = given;
  return {
    types: { ...defaultTypes[isGraviton ? "arm64" : "x64"], ...listed(given) },
    regions: Object.fromEntries(Object.entries(regions).map(([region, types]) => [region, listed(types)])),
    mediumFromGib,
    largeAboveGib,
  };
}

const profiles: readonly WorkerProfile[] = ["small", "medium", "large", "archiving"];

function listed(types: ProfileTypes): Partial<Record<WorkerProfile, readonly string[]>> {
  return Object.fromEntries(
    profiles.flatMap((profile) => {
      const given = types[profile];
      return given === undefined ? [] : [[profile, typeof given === "string" ? [given] : [...new Set(given)]]];
    }),
  );
}
