import * as z from "zod";

/** A role for each worker, made with it and removed with it, in place of the one instance profile of all. */
export interface TemporaryRoleOptions {
  /** The path of roles and instance profiles in IAM. Default: `/holdfast/<applianceId>/`. */
  readonly path?: string | undefined;
  /** The ARN of the policy that no such role can go beyond, whatever its own says. Default: none. */
  readonly permissionsBoundaryArn?: string | undefined;
  /** The ARNs of the KMS keys of encrypted volumes in the workers' own account. Default: none. */
  readonly volumeKmsKeyArns?: readonly string[] | undefined;
}

export interface ResolvedTemporaryRoles {
  readonly path: string;
  readonly permissionsBoundaryArn: string | undefined;
  readonly volumeKmsKeyArns: readonly string[];
}

export const keyArnSchema = z.string({ error: "must be the ARN of a KMS key, not an id or an alias." }).regex(/^arn:aws[\w-]*:kms:[^:]+:\d{12}:key\/.+$/, "must be the ARN of a KMS key, not an id or an alias.");
export const rolePathSchema = z.string({ error: 'must be a path that begins and ends with "/".' }).regex(/^\/(?:[\w+=,.@-]+\/)+$/, 'must be parts of letters, digits or _+=,.@-, that begins and ends with "/".').max(400, "may have at most 400 characters.");
export const boundarySchema = z.string({ error: "must be the ARN of a policy." }).regex(/^arn:aws[a-z-]*:iam::(?:\d{12}|aws):policy\/[\x21-\x7e]+$/, "must be the ARN of a policy.");

export const temporaryRolesSchema = z.strictObject(
  { path: rolePathSchema.optional(), permissionsBoundaryArn: boundarySchema.optional(), volumeKmsKeyArns: z.array(keyArnSchema).optional() },
  { error: (issue) => (issue.code === "invalid_type" ? "must be an object { path?, permissionsBoundaryArn?, volumeKmsKeyArns? }; {} for the defaults." : undefined) },
);

/** The path of temporary roles where none is given. */
export function defaultRolePath(applianceId: string): string {
  return `/holdfast/${applianceId}/`;
}

export function resolveTemporaryRoles({ path, permissionsBoundaryArn, volumeKmsKeyArns = [] }: TemporaryRoleOptions, applianceId: string): ResolvedTemporaryRoles {
  return { path: path ?? defaultRolePath(applianceId), permissionsBoundaryArn, volumeKmsKeyArns };
}
