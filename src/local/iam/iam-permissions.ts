import type { ReadKey } from "../policies/policy-request.js";
import type { RequestContext } from "../service.js";
import type { Permission } from "../wire/permission.js";
import type { IamStore } from "./iam-store.js";

interface Input {
  readonly RoleName?: string;
  readonly InstanceProfileName?: string;
  readonly PolicyName?: string;
  readonly PolicyArn?: string;
  readonly PolicySourceArn?: string;
  readonly Path?: string;
  readonly PermissionsBoundary?: string;
  readonly Tags?: readonly { readonly Key?: string; readonly Value?: string }[];
  readonly TagKeys?: readonly string[];
}

/** What a call of IAM needs: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html */
export function iamPermissions(store: IamStore): (operation: string, input: Input, context: RequestContext) => Permission[] {
  return (operation, input, { accountId }) => {
    const arn = (kind: string, path: string, name: string): string => `arn:aws:iam::${accountId}:${kind}${path}${name}`;
    const { RoleName: roleName, InstanceProfileName: profileName } = input;
    const role = roleName === undefined ? undefined : (store.findRole(accountId, roleName)?.arn ?? arn("role", input.Path ?? "/", roleName));
    const profile =
      profileName === undefined ? undefined : (store.findInstanceProfile(accountId, profileName)?.arn ?? arn("instance-profile", input.Path ?? "/", profileName));
    const read = keysOf(store, accountId, input);
    const action = `iam:${operation}`;
    const permissions: Permission[] = [{ action, resource: resourceOf(operation, input, { role, profile, policy: (name) => arn("policy", input.Path ?? "/", name) }), read }];
    // Who puts a role into a profile gives its permissions to whoever launches with it.
    if (operation === "AddRoleToInstanceProfile" && role !== undefined) permissions.push(passRole(role, "ec2.amazonaws.com"));
    const made = /^Create(Role|InstanceProfile|Policy)$/.exec(operation)?.[1];
    if (made !== undefined && (input.Tags ?? []).length > 0) permissions.push({ action: `iam:Tag${made}`, resource: permissions[0]?.resource ?? "*", read });
    return permissions;
  };
}

/** The permission to hand a role to a service. */
export function passRole(roleArn: string, service: string): Permission {
  return { action: "iam:PassRole", resource: roleArn, read: (key) => (key === "iam:passedtoservice" ? [service] : undefined) };
}

interface Arns {
  readonly role: string | undefined;
  readonly profile: string | undefined;
  readonly policy: (name: string) => string;
}

function resourceOf(operation: string, input: Input, { role, profile, policy }: Arns): string {
  if (operation === "CreatePolicy") return policy(input.PolicyName ?? "");
  if (operation.startsWith("List") && role === undefined) return "*";
  return profile ?? role ?? input.PolicySourceArn ?? input.PolicyArn ?? "*";
}

function keysOf(store: IamStore, accountId: string, input: Input): ReadKey {
  return (key) => {
    if (key === "iam:policyarn") return input.PolicyArn === undefined ? undefined : [input.PolicyArn];
    if (key === "iam:permissionsboundary") {
      // of a role that is there, its own
      const boundary = input.PermissionsBoundary ?? (input.RoleName === undefined ? undefined : store.findRole(accountId, input.RoleName)?.boundaryArn);
      return boundary === undefined ? undefined : [boundary];
    }
    if (key === "aws:tagkeys") return [...(input.Tags ?? []).map((tag) => tag.Key ?? ""), ...(input.TagKeys ?? [])];
    const [prefix = "", name = ""] = key.split("/", 2);
    if (prefix === "aws:requesttag") return valueOf((input.Tags ?? []).map((tag) => [tag.Key ?? "", tag.Value ?? ""]), name);
    if (prefix === "aws:resourcetag" || prefix === "iam:resourcetag") {
      const role = input.RoleName === undefined ? undefined : store.findRole(accountId, input.RoleName);
      const profile = input.InstanceProfileName === undefined ? undefined : store.findInstanceProfile(accountId, input.InstanceProfileName);
      return valueOf(Object.entries((profile ?? role)?.tags ?? {}), name);
    }
    return undefined;
  };
}

/** Condition keys are the same in any case; so the names of tags in them are, too. */
function valueOf(tags: readonly (readonly [string, string])[], name: string): readonly string[] | undefined {
  const found = tags.find(([key]) => key.toLowerCase() === name);
  return found === undefined ? undefined : [found[1]];
}
