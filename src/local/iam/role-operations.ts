import type * as iam from "@aws-sdk/client-iam";
import type { RequestContext } from "../service.js";
import { createEntityId } from "./account-keys.js";
import { deleteConflict, entityAlreadyExists, noSuchEntity, validationError } from "./iam-error.js";
import type { IamStore, RoleRecord } from "./iam-store.js";
import { checkName, checkPath } from "./names.js";
import { managedDocument } from "./managed-policies.js";
import { takePage } from "./paging.js";
import { parsePolicyDocument } from "./policy-document.js";

const MAX_ROLE_NAME_LENGTH = 64;
const DEFAULT_SESSION_SECONDS = 3600;
const LONGEST_SESSION_SECONDS = 43_200;

/** The role, or `NoSuchEntity`. */
export function requireRole(store: IamStore, context: RequestContext, roleName: string | undefined): RoleRecord {
  const role = store.findRole(context.accountId, roleName ?? "");
  if (role === undefined) throw noSuchEntity(`The role with name ${roleName ?? ""} cannot be found.`);
  return role;
}

/** A role in the form of the API: policy documents are URL-encoded there. */
export function describeRole(role: RoleRecord): iam.Role {
  const tags = Object.entries(role.tags).map(([Key, Value]) => ({ Key, Value }));
  return {
    Path: role.path,
    RoleName: role.roleName,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeURIComponent(role.trustPolicy),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    PermissionsBoundary: role.boundaryArn === undefined ? undefined : { PermissionsBoundaryType: "PermissionsBoundaryPolicy", PermissionsBoundaryArn: role.boundaryArn },
    Tags: tags.length === 0 ? undefined : tags,
  };
}

export async function createRole(store: IamStore, input: iam.CreateRoleRequest, context: RequestContext): Promise<iam.CreateRoleResponse> {
  const roleName = input.RoleName ?? "";
  checkName("roleName", roleName, MAX_ROLE_NAME_LENGTH);
  const path = checkPath(input.Path);
  const trustPolicy = input.AssumeRolePolicyDocument ?? "";
  parsePolicyDocument(trustPolicy, "trust");
  const maxSessionSeconds = input.MaxSessionDuration ?? DEFAULT_SESSION_SECONDS;
  if (maxSessionSeconds < DEFAULT_SESSION_SECONDS || maxSessionSeconds > LONGEST_SESSION_SECONDS) {
    throw validationError("1 validation error detected: Value at 'maxSessionDuration' must be from 3600 to 43200");
  }
  if (store.findRole(context.accountId, roleName) !== undefined) throw entityAlreadyExists(`Role with name ${roleName} already exists.`);
  const boundaryArn = input.PermissionsBoundary;
  if (boundaryArn !== undefined && managedDocument(store, boundaryArn) === undefined) throw noSuchEntity(`Scope ARN: ${boundaryArn} does not exist or is not attachable.`);
  const role: RoleRecord = {
    roleId: createEntityId("AROA"),
    roleName,
    path,
    arn: `arn:aws:iam::${context.accountId}:role${path}${roleName}`,
    createdAt: context.clock.now().toISOString(),
    trustPolicy,
    description: input.Description,
    maxSessionSeconds,
    inlinePolicies: {},
    attachedPolicyArns: [],
    ...(boundaryArn !== undefined && { boundaryArn }),
    tags: Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key ?? "", tag.Value ?? ""])),
  };
  store.account(context.accountId).roles.set(roleName.toLowerCase(), role);
  await store.save(context.accountId);
  return { Role: describeRole(role) };
}

export async function deleteRole(store: IamStore, input: iam.DeleteRoleRequest, context: RequestContext): Promise<void> {
  const role = requireRole(store, context, input.RoleName);
  const account = store.account(context.accountId);
  if (Object.keys(role.inlinePolicies).length > 0) throw deleteConflict("Cannot delete entity, must delete policies first.");
  if (role.attachedPolicyArns.length > 0) throw deleteConflict("Cannot delete entity, must detach all policies first.");
  if ([...account.instanceProfiles.values()].some((profile) => profile.roleName === role.roleName)) {
    throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
  }
  account.roles.delete(role.roleName.toLowerCase());
  await store.save(context.accountId);
}

export function listRoles(store: IamStore, input: iam.ListRolesRequest, context: RequestContext): iam.ListRolesResponse {
  const roles = [...store.account(context.accountId).roles.values()].filter((role) => role.path.startsWith(input.PathPrefix ?? "/"));
  const { items, ...page } = takePage(roles, (role) => role.roleName, input);
  // Lists leave tags out, as AWS's do.
  return { Roles: items.map((role) => ({ ...describeRole(role), Tags: undefined })), ...page };
}

export async function updateTrust(store: IamStore, input: iam.UpdateAssumeRolePolicyRequest, context: RequestContext): Promise<void> {
  const role = requireRole(store, context, input.RoleName);
  const trustPolicy = input.PolicyDocument ?? "";
  parsePolicyDocument(trustPolicy, "trust");
  role.trustPolicy = trustPolicy;
  await store.save(context.accountId);
}

export async function tagRole(store: IamStore, input: iam.TagRoleRequest, context: RequestContext): Promise<void> {
  const role = requireRole(store, context, input.RoleName);
  role.tags = { ...role.tags, ...Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key ?? "", tag.Value ?? ""])) };
  await store.save(context.accountId);
}

export async function untagRole(store: IamStore, input: iam.UntagRoleRequest, context: RequestContext): Promise<void> {
  const role = requireRole(store, context, input.RoleName);
  role.tags = Object.fromEntries(Object.entries(role.tags).filter(([key]) => input.TagKeys?.includes(key) !== true));
  await store.save(context.accountId);
}
