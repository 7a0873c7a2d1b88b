import { checkOptionNames, invalidOption, optionError } from "../../../options/option-error.js";

/** A role to be in an account. */
export interface AssumeRoleOptions {
  /** `arn:aws:iam::123456789012:role/backup`. */
  readonly roleArn: string;
  /** What the role's owner asks for, so that nobody can be tricked into using it. */
  readonly externalId?: string | undefined;
  /** How the session is named in CloudTrail (default `holdfast`). */
  readonly sessionName?: string | undefined;
  /** How long the credentials last: 900 to 43,200, within the role's own limit; 3,600 where a role assumes the role (default 3,600). */
  readonly durationSeconds?: number | undefined;
  /** The region of the new account (default: that of the account which assumes the role). */
  readonly region?: string | undefined;
}

export interface ResolvedAssumeRoleOptions {
  readonly roleArn: string;
  readonly externalId: string | undefined;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly region: string;
}

// Patterns and limits: AWS STS API reference, AssumeRole.
const rolePattern = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\x21-\x7e]{1,576}$/;
const externalIdPattern = /^[\w+=,.@:/-]{2,1224}$/;
const sessionNamePattern = /^[\w+=,.@-]{2,64}$/;
const durationRange = { min: 900, max: 43_200 };

/** Fills in defaults; raises `ConfigurationError` naming the path. */
export function resolveAssumeRoleOptions(options: AssumeRoleOptions, baseRegion: string): ResolvedAssumeRoleOptions {
  checkOptionNames(options, ["roleArn", "externalId", "sessionName", "durationSeconds", "region"], "assume");
  const { roleArn, externalId, sessionName = "holdfast", durationSeconds = 3600, region = baseRegion } = options;
  if (typeof roleArn !== "string" || !rolePattern.test(roleArn)) throw invalidOption("roleArn", roleArn, "must be a role's ARN such as arn:aws:iam::123456789012:role/backup.");
  if (externalId !== undefined && (typeof externalId !== "string" || !externalIdPattern.test(externalId))) {
    // An external id is no password, but its owner may treat it as one.
    throw optionError("externalId", "must be 2 to 1,224 letters, digits or _+=,.@:/-.");
  }
  if (typeof sessionName !== "string" || !sessionNamePattern.test(sessionName)) throw invalidOption("sessionName", sessionName, "must be 2 to 64 letters, digits or _+=,.@-.");
  if (!Number.isInteger(durationSeconds) || durationSeconds < durationRange.min || durationSeconds > durationRange.max) {
    throw invalidOption("durationSeconds", durationSeconds, `must be a whole number from ${durationRange.min} to ${durationRange.max}.`);
  }
  checkRegion("region", region);
  return { roleArn, externalId, sessionName, durationSeconds, region };
}

/** Raises `ConfigurationError` for what is no region's name. */
export function checkRegion(path: string, region: unknown): asserts region is string {
  if (typeof region !== "string" || !/^[a-z]{2,4}(-[a-z]+)+-\d+$/.test(region)) throw invalidOption(path, region, "must be a region's name such as eu-west-1.");
}
