import type * as iam from "@aws-sdk/client-iam";
import type { RequestContext } from "../service.js";
import { noSuchEntity, validationError } from "./iam-error.js";
import type { IamStore, RoleRecord } from "./iam-store.js";
import { isAttachable } from "./managed-policies.js";
import { checkName } from "./names.js";
import { takePage } from "./paging.js";
import { parsePolicyDocument } from "./policy-document.js";
import { requireRole } from "./role-operations.js";

const MAX_POLICY_NAME_LENGTH = 128;
const POLICY_ARN = /^arn:aws:iam::(\d{12}|aws):policy\/[\u0021-\u007e]+$/;

export async function putRolePolicy(store: IamStore, input: iam.PutRolePolicyRequest, context: RequestContext): Promise<void> {
  const role = requireRole(store, context, input.RoleName);
  checkName("policyName", input.PolicyName ?? "", MAX_POLICY_NAME_LENGTH);
  parsePolicyDocument(input.PolicyDocument ?? "", "identity");
  role.inlinePolicies = { ...role.inlinePolicies, [input.PolicyName ?? ""]: input.PolicyDocument ?? "" };
  await store.save(context.accountId);
}

export function getRolePolicy(store: IamStore, input: iam.GetRolePolicyRequest, context: RequestContext): iam.GetRolePolicyResponse {
  const role = requireRole(store, context, input.RoleName);
  const document = requireInline(role, input.PolicyName);
  return { RoleName: role.roleName, PolicyName: input.PolicyName, PolicyDocument: encodeURIComponent(document) };
}

export async function deleteRolePolicy(store: IamStore, input: iam.DeleteRolePolicyRequest, context: RequestContext): Promise<void> {
  const role = requireRole(store, context, input.RoleName);
  requireInline(role, input.PolicyName);
  role.inlinePolicies = Object.fromEntries(Object.entries(role.inlinePolicies).filter(([name]) => name !== input.PolicyName));
  await store.save(context.accountId);
}

export function listRolePolicies(store: IamStore, input: iam.ListRolePoliciesRequest, context: RequestContext): iam.ListRolePoliciesResponse {
  const names = Object.keys(requireRole(store, context, input.RoleName).inlinePolicies);
  const { items, ...page } = takePage(names, (name) => name, input);
  return { PolicyNames: items, ...page };
}

export async function attachRolePolicy(store: IamStore, input: iam.AttachRolePolicyRequest, context: RequestContext): Promise<void> {
  const role = requireRole(store, context, input.RoleName);
  const arn = input.PolicyArn ?? "";
  if (!POLICY_ARN.test(arn)) throw validationError(`ARN ${arn} is not valid.`);
  if (!isAttachable(store, arn)) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
  if (role.attachedPolicyArns.includes(arn)) return;
  role.attachedPolicyArns = [...role.attachedPolicyArns, arn];
  await store.save(context.accountId);
}

export async function detachRolePolicy(store: IamStore, input: iam.DetachRolePolicyRequest, context: RequestContext): Promise<void> {
  const role = requireRole(store, context, input.RoleName);
  const arn = input.PolicyArn ?? "";
  if (!role.attachedPolicyArns.includes(arn)) throw noSuchEntity(`Policy ${arn} was not found.`);
  role.attachedPolicyArns = role.attachedPolicyArns.filter((attached) => attached !== arn);
  await store.save(context.accountId);
}

export function listAttachedRolePolicies(
  store: IamStore,
  input: iam.ListAttachedRolePoliciesRequest,
  context: RequestContext,
): iam.ListAttachedRolePoliciesResponse {
  const arns = requireRole(store, context, input.RoleName).attachedPolicyArns;
  const { items, ...page } = takePage(arns, (arn) => arn, input);
  return { AttachedPolicies: items.map((arn) => ({ PolicyArn: arn, PolicyName: arn.slice(arn.lastIndexOf("/") + 1) })), ...page };
}

function requireInline(role: RoleRecord, policyName: string | undefined): string {
  const name = policyName ?? "";
  const document = Object.hasOwn(role.inlinePolicies, name) ? role.inlinePolicies[name] : undefined;
  if (document === undefined) throw noSuchEntity(`The role policy with name ${name} cannot be found.`);
  return document;
}
