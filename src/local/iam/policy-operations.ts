import type * as iam from "@aws-sdk/client-iam";
import type { RequestContext } from "../service.js";
import { createEntityId } from "./account-keys.js";
import { deleteConflict, entityAlreadyExists, noSuchEntity } from "./iam-error.js";
import type { IamStore, PolicyRecord } from "./iam-store.js";
import { checkName, checkPath } from "./names.js";
import { takePage } from "./paging.js";
import { parsePolicyDocument } from "./policy-document.js";

const MAX_POLICY_NAME_LENGTH = 128;
/** Policies have one version here: what it says is changed by making another policy. */
const VERSION = "v1";

export async function createPolicy(store: IamStore, input: iam.CreatePolicyRequest, context: RequestContext): Promise<iam.CreatePolicyResponse> {
  const { accountId } = context;
  const policyName = input.PolicyName ?? "";
  checkName("policyName", policyName, MAX_POLICY_NAME_LENGTH);
  const path = checkPath(input.Path);
  const document = input.PolicyDocument ?? "";
  parsePolicyDocument(document, "identity");
  const arn = `arn:aws:iam::${accountId}:policy${path}${policyName}`;
  const { policies } = store.account(accountId);
  if ([...policies.values()].some((policy) => policy.policyName.toLowerCase() === policyName.toLowerCase())) {
    throw entityAlreadyExists(`A policy called ${policyName} already exists. Duplicate names are not allowed.`);
  }
  const tags = Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key ?? "", tag.Value ?? ""]));
  const createdAt = context.clock.now().toISOString();
  const policy: PolicyRecord = { policyId: createEntityId("ANPA"), policyName, path, arn, createdAt, description: input.Description, document, tags };
  policies.set(arn, policy);
  await store.save(accountId);
  return { Policy: describe(store, policy) };
}

export function getPolicy(store: IamStore, input: iam.GetPolicyRequest): iam.GetPolicyResponse {
  return { Policy: describe(store, requirePolicy(store, input.PolicyArn)) };
}

export function getPolicyVersion(store: IamStore, input: iam.GetPolicyVersionRequest): iam.GetPolicyVersionResponse {
  const policy = requirePolicy(store, input.PolicyArn);
  if (input.VersionId !== VERSION) throw noSuchEntity(`Policy ${policy.arn} version ${input.VersionId ?? ""} does not exist or is not attachable.`);
  const CreateDate = new Date(policy.createdAt);
  return { PolicyVersion: { VersionId: VERSION, IsDefaultVersion: true, Document: encodeURIComponent(policy.document), CreateDate } };
}

export async function deletePolicy(store: IamStore, input: iam.DeletePolicyRequest, context: RequestContext): Promise<void> {
  const policy = requirePolicy(store, input.PolicyArn);
  if (attachmentsOf(store, policy) > 0) throw deleteConflict("Cannot delete a policy attached to entities.");
  store.account(context.accountId).policies.delete(policy.arn);
  await store.save(context.accountId);
}

export function listPolicies(store: IamStore, input: iam.ListPoliciesRequest, context: RequestContext): iam.ListPoliciesResponse {
  const policies = input.Scope === "AWS" ? [] : [...store.account(context.accountId).policies.values()];
  const wanted = policies.filter((policy) => policy.path.startsWith(input.PathPrefix ?? "/") && (input.OnlyAttached !== true || attachmentsOf(store, policy) > 0));
  const { items, ...page } = takePage(wanted, (policy) => policy.policyName, input);
  return { Policies: items.map((policy) => describe(store, policy)), ...page };
}

function requirePolicy(store: IamStore, arn: string | undefined): PolicyRecord {
  const policy = store.findPolicy(arn ?? "");
  if (policy === undefined) throw noSuchEntity(`Policy ${arn ?? ""} does not exist or is not attachable.`);
  return policy;
}

function attachmentsOf(store: IamStore, { arn }: PolicyRecord): number {
  const { roles } = store.account(arn.split(":")[4] ?? "");
  return [...roles.values()].filter((role) => role.attachedPolicyArns.includes(arn)).length;
}

function describe(store: IamStore, policy: PolicyRecord): iam.Policy {
  return {
    PolicyName: policy.policyName,
    PolicyId: policy.policyId,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: VERSION,
    AttachmentCount: attachmentsOf(store, policy),
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    Description: policy.description,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.createdAt),
    Tags: Object.entries(policy.tags).map(([Key, Value]) => ({ Key, Value })),
  };
}
