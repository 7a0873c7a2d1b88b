import type * as iam from "@aws-sdk/client-iam";
import type { RequestContext } from "../service.js";
import { createEntityId } from "./account-keys.js";
import { deleteConflict, entityAlreadyExists, limitExceeded, noSuchEntity } from "./iam-error.js";
import type { IamStore, InstanceProfileRecord } from "./iam-store.js";
import { checkName, checkPath } from "./names.js";
import { takePage } from "./paging.js";
import { describeRole, requireRole } from "./role-operations.js";

const MAX_PROFILE_NAME_LENGTH = 128;

export async function createInstanceProfile(
  store: IamStore,
  input: iam.CreateInstanceProfileRequest,
  context: RequestContext,
): Promise<iam.CreateInstanceProfileResponse> {
  const profileName = input.InstanceProfileName ?? "";
  checkName("instanceProfileName", profileName, MAX_PROFILE_NAME_LENGTH);
  const path = checkPath(input.Path);
  if (store.findInstanceProfile(context.accountId, profileName) !== undefined) {
    throw entityAlreadyExists(`Instance Profile ${profileName} already exists.`);
  }
  const profile: InstanceProfileRecord = {
    profileId: createEntityId("AIPA"),
    profileName,
    path,
    arn: `arn:aws:iam::${context.accountId}:instance-profile${path}${profileName}`,
    createdAt: context.clock.now().toISOString(),
    roleName: undefined,
    tags: Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key ?? "", tag.Value ?? ""])),
  };
  store.account(context.accountId).instanceProfiles.set(profileName.toLowerCase(), profile);
  await store.save(context.accountId);
  return { InstanceProfile: describeProfile(store, profile, context) };
}

export function getInstanceProfile(
  store: IamStore,
  input: iam.GetInstanceProfileRequest,
  context: RequestContext,
): iam.GetInstanceProfileResponse {
  return { InstanceProfile: describeProfile(store, requireProfile(store, context, input.InstanceProfileName), context) };
}

export async function deleteInstanceProfile(store: IamStore, input: iam.DeleteInstanceProfileRequest, context: RequestContext): Promise<void> {
  const profile = requireProfile(store, context, input.InstanceProfileName);
  if (profile.roleName !== undefined) throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
  store.account(context.accountId).instanceProfiles.delete(profile.profileName.toLowerCase());
  await store.save(context.accountId);
}

export async function addRoleToInstanceProfile(
  store: IamStore,
  input: iam.AddRoleToInstanceProfileRequest,
  context: RequestContext,
): Promise<void> {
  const profile = requireProfile(store, context, input.InstanceProfileName);
  const role = requireRole(store, context, input.RoleName);
  if (profile.roleName !== undefined) throw limitExceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
  profile.roleName = role.roleName;
  await store.save(context.accountId);
}

export async function removeRoleFromInstanceProfile(
  store: IamStore,
  input: iam.RemoveRoleFromInstanceProfileRequest,
  context: RequestContext,
): Promise<void> {
  const profile = requireProfile(store, context, input.InstanceProfileName);
  const role = requireRole(store, context, input.RoleName);
  if (profile.roleName !== role.roleName) throw noSuchEntity(`Role with name ${role.roleName} is not in instance profile ${profile.profileName}.`);
  profile.roleName = undefined;
  await store.save(context.accountId);
}

export function listInstanceProfiles(
  store: IamStore,
  input: iam.ListInstanceProfilesRequest,
  context: RequestContext,
): iam.ListInstanceProfilesResponse {
  const profiles = [...store.account(context.accountId).instanceProfiles.values()];
  const wanted = profiles.filter((profile) => profile.path.startsWith(input.PathPrefix ?? "/"));
  const { items, ...page } = takePage(wanted, (profile) => profile.profileName, input);
  return { InstanceProfiles: items.map((profile) => describeProfile(store, profile, context)), ...page };
}

export function listInstanceProfilesForRole(
  store: IamStore,
  input: iam.ListInstanceProfilesForRoleRequest,
  context: RequestContext,
): iam.ListInstanceProfilesForRoleResponse {
  const role = requireRole(store, context, input.RoleName);
  const profiles = [...store.account(context.accountId).instanceProfiles.values()];
  const { items, ...page } = takePage(profiles.filter((profile) => profile.roleName === role.roleName), (profile) => profile.profileName, input);
  return { InstanceProfiles: items.map((profile) => describeProfile(store, profile, context)), ...page };
}

function requireProfile(store: IamStore, context: RequestContext, profileName: string | undefined): InstanceProfileRecord {
  const profile = store.findInstanceProfile(context.accountId, profileName ?? "");
  if (profile === undefined) throw noSuchEntity(`Instance Profile ${profileName ?? ""} cannot be found.`);
  return profile;
}

function describeProfile(store: IamStore, profile: InstanceProfileRecord, context: RequestContext): iam.InstanceProfile {
  const role = profile.roleName === undefined ? undefined : store.findRole(context.accountId, profile.roleName);
  return {
    Path: profile.path,
    InstanceProfileName: profile.profileName,
    InstanceProfileId: profile.profileId,
    Arn: profile.arn,
    CreateDate: new Date(profile.createdAt),
    Roles: role === undefined ? [] : [describeRole(role)],
    Tags: Object.entries(profile.tags).map(([Key, Value]) => ({ Key, Value })),
  };
}
