import * as client from "@aws-sdk/client-iam";
import type { Operation, RequestContext, ServiceDefinition } from "../service.js";
import { iamPermissions } from "./iam-permissions.js";
import type { IamStore } from "./iam-store.js";
import * as profiles from "./instance-profile-operations.js";
import * as managed from "./policy-operations.js";
import * as policies from "./role-policy-operations.js";
import * as roles from "./role-operations.js";
import { simulatePrincipalPolicy } from "./simulate-principal-policy.js";

/** IAM's roles and instance profiles. */
export function createIamService(options: { readonly store: IamStore }): ServiceDefinition {
  const { store } = options;
  const bind =
    (run: (store: IamStore, input: never, context: RequestContext) => unknown): Operation =>
    async (input: never, context: RequestContext) =>
      await run(store, input, context);
  return {
    signingName: "iam",
    protocol: "awsQuery",
    apiVersion: "2010-05-08",
    xmlNamespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    schemas: client,
    permissions: iamPermissions(store),
    operations: {
      CreateRole: bind(roles.createRole),
      GetRole: bind((_store, input: client.GetRoleRequest, context): client.GetRoleResponse => ({
        Role: roles.describeRole(roles.requireRole(store, context, input.RoleName)),
      })),
      ListRoles: bind(roles.listRoles),
      DeleteRole: bind(roles.deleteRole),
      UpdateAssumeRolePolicy: bind(roles.updateTrust),
      TagRole: bind(roles.tagRole),
      UntagRole: bind(roles.untagRole),
      PutRolePolicy: bind(policies.putRolePolicy),
      GetRolePolicy: bind(policies.getRolePolicy),
      DeleteRolePolicy: bind(policies.deleteRolePolicy),
      ListRolePolicies: bind(policies.listRolePolicies),
      AttachRolePolicy: bind(policies.attachRolePolicy),
      DetachRolePolicy: bind(policies.detachRolePolicy),
      ListAttachedRolePolicies: bind(policies.listAttachedRolePolicies),
      CreatePolicy: bind(managed.createPolicy),
      GetPolicy: bind(managed.getPolicy),
      GetPolicyVersion: bind(managed.getPolicyVersion),
      DeletePolicy: bind(managed.deletePolicy),
      ListPolicies: bind(managed.listPolicies),
      SimulatePrincipalPolicy: bind(simulatePrincipalPolicy),
      CreateInstanceProfile: bind(profiles.createInstanceProfile),
      GetInstanceProfile: bind(profiles.getInstanceProfile),
      DeleteInstanceProfile: bind(profiles.deleteInstanceProfile),
      AddRoleToInstanceProfile: bind(profiles.addRoleToInstanceProfile),
      RemoveRoleFromInstanceProfile: bind(profiles.removeRoleFromInstanceProfile),
      ListInstanceProfiles: bind(profiles.listInstanceProfiles),
      ListInstanceProfilesForRole: bind(profiles.listInstanceProfilesForRole),
    },
  };
}
