import type * as iam from "@aws-sdk/client-iam";
import type { ReadKey } from "../policies/policy-request.js";
import type { RequestContext } from "../service.js";
import { noSuchEntity, validationError } from "./iam-error.js";
import { evaluateAll, IdentityJudge } from "./identity-judge.js";
import type { IamStore, RoleRecord } from "./iam-store.js";
import { parsePolicyDocument } from "./policy-document.js";

const ROLE = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;
const SESSION = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\/.+$/;

/** What a role's own policies would say: nothing is done, and no resource's policy is asked. */
export function simulatePrincipalPolicy(
  store: IamStore,
  input: iam.SimulatePrincipalPolicyRequest,
  context: RequestContext,
): iam.SimulatePolicyResponse {
  const source = input.PolicySourceArn ?? "";
  const actions = input.ActionNames ?? [];
  if (actions.length === 0) throw validationError("1 validation error detected: Value at 'actionNames' must not be empty");
  const role = requireSource(store, source, context);
  const added = (input.PolicyInputList ?? []).map((document) => parsePolicyDocument(document, "identity"));
  const judge = new IdentityJudge(store);
  const policies = [...(role === undefined ? [] : judge.policiesOf(role)), ...added];
  const asked = new Set<string>();
  const read = readEntries(input.ContextEntries ?? [], asked);
  const principal = { accountId: context.accountId, arn: source, roleArn: role?.arn };
  const resources = input.ResourceArns === undefined || input.ResourceArns.length === 0 ? ["*"] : input.ResourceArns;
  const results = actions.flatMap((action) =>
    resources.map((resource): iam.EvaluationResult => {
      asked.clear();
      const request = { principal, action, resource, read };
      const own = role === undefined ? "allow" : evaluateAll(policies, request);
      const bounds = role === undefined || own !== "allow" ? "allow" : judge.boundaryOf(role, request);
      const verdict = bounds === "allow" ? own : bounds;
      return {
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: verdict === "allow" ? "allowed" : verdict === "deny" ? "explicitDeny" : "implicitDeny",
        MatchedStatements: [],
        MissingContextValues: [...asked],
      };
    }),
  );
  return { EvaluationResults: results, IsTruncated: false };
}

/** The role of an ARN; undefined for the account's administrator. */
function requireSource(store: IamStore, source: string, { accountId }: RequestContext): RoleRecord | undefined {
  if (source === `arn:aws:iam::${accountId}:user/administrator`) return undefined;
  const [, account, name] = ROLE.exec(source) ?? SESSION.exec(source) ?? [];
  const role = name === undefined || account !== accountId ? undefined : store.findRole(accountId, name);
  if (role === undefined) throw noSuchEntity(`The entity ${source} cannot be found.`);
  return role;
}

/** Reads the values that the request gives, and notes the keys for which it gives none. */
function readEntries(entries: readonly iam.ContextEntry[], missing: Set<string>): ReadKey {
  const values = new Map(entries.map((entry) => [(entry.ContextKeyName ?? "").toLowerCase(), entry.ContextKeyValues ?? []]));
  return (key) => {
    const found = values.get(key);
    if (found === undefined) missing.add(key);
    return found;
  };
}
