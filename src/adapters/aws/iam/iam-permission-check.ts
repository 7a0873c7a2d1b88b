import type { EvaluationResult, SimulatePrincipalPolicyCommandInput } from "@aws-sdk/client-iam";
import type { CallOptions, MissingPermission, PermissionCheck, PermissionQuestion } from "../../../ports/index.js";
import type { AwsCalls } from "../aws-calls.js";
import type { IamPackage } from "../clients/aws-packages.js";
import type { LazyClient } from "../clients/lazy-client.js";

/** What the check works with. IAM is one for all regions of a partition; `region` is the one that is called. */
export interface IamPermissionCheckOptions {
  readonly iam: LazyClient<IamPackage>;
  readonly calls: AwsCalls;
  readonly region: string;
}

/** Asks by SimulatePrincipalPolicy (iam:SimulatePrincipalPolicy), a page at a time. */
export class IamPermissionCheck implements PermissionCheck {
  readonly #options: IamPermissionCheckOptions;

  constructor(options: IamPermissionCheckOptions) {
    this.#options = options;
  }

  async missing({ principalArn, actions, resources, context = {} }: PermissionQuestion, options: CallOptions = {}): Promise<readonly MissingPermission[]> {
    const ContextEntries = Object.entries(context).map(([ContextKeyName, values]) => ({ ContextKeyName, ContextKeyValues: [...values], ContextKeyType: "stringList" as const }));
    const input: SimulatePrincipalPolicyCommandInput = { PolicySourceArn: principalArn, ActionNames: [...actions], ResourceArns: [...resources], ContextEntries };
    const missing: MissingPermission[] = [];
    for (let Marker: string | undefined; ; ) {
      const page = await this.#simulate({ ...input, ...(Marker === undefined ? {} : { Marker }) }, options);
      for (const result of page.EvaluationResults ?? []) missing.push(...denials(result));
      if (page.IsTruncated !== true || page.Marker === undefined) return missing;
      Marker = page.Marker;
    }
  }

  async #simulate(input: SimulatePrincipalPolicyCommandInput, { signal }: CallOptions) {
    const { calls, iam, region } = this.#options;
    const call = { service: "iam" as const, operation: "SimulatePrincipalPolicy", region, client: iam, resource: input.PolicySourceArn, permissions: ["iam:SimulatePrincipalPolicy"], signal };
    return await calls.run(call, async (attempt) => await iam.send((aws) => new aws.SimulatePrincipalPolicyCommand(input), { abortSignal: attempt.signal }));
  }
}

/** Of several resources each has a verdict of its own. */
function denials({ EvalActionName: action = "", EvalDecision, EvalResourceName = "*", ResourceSpecificResults = [] }: EvaluationResult): MissingPermission[] {
  const verdicts = ResourceSpecificResults.length > 0 ? ResourceSpecificResults.map((one) => ({ decision: one.EvalResourceDecision, resource: one.EvalResourceName ?? "*" })) : [{ decision: EvalDecision, resource: EvalResourceName }];
  return verdicts.flatMap(({ decision, resource }) => (decision === "explicitDeny" || decision === "implicitDeny" ? [{ action, resource, decision }] : []));
}
