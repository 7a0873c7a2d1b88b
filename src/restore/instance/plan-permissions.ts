import { HoldfastError } from "../../errors/index.js";
import type { CallOptions } from "../../ports/index.js";
import { checkStatements } from "../../workers/roles/check-permissions.js";
import { restoreInstanceStatements } from "../../workers/roles/statements/instance-statements.js";
import type { RestoreFinding } from "./instance-plan.js";
import type { InstanceTarget } from "./instance-target.js";

/** What the role as which the account is called may not do of what a restore of an instance takes, as IAM judges it without anything being done. */
export async function permissionFindings({ account, accountId, region }: InstanceTarget, actions: readonly string[], call: CallOptions): Promise<RestoreFinding[]> {
  const path = "account";
  const roleArn = account.role?.roleArn;
  const check = account.permissionCheck?.();
  if (roleArn === undefined || check === undefined) return [];
  const partition = roleArn.split(":")[1] ?? "aws";
  const statements = restoreInstanceStatements({ partition, regions: [region], restoredInstances: { roleArns: [] } }, accountId).map((statement) => ({ ...statement, Action: statement.Action.filter((action) => actions.includes(action)) }));
  try {
    const missing = await checkStatements(check, { arn: roleArn, name: roleArn, statements: statements.filter(({ Action }) => Action.length > 0) }, call);
    const denied = [...new Set(missing.map(({ action }) => action))];
    return denied.map((action) => ({ severity: "warning", code: "PermissionMissing", path, message: `${roleArn} may not do ${action}.`, remedy: "Give it the statements of iamPolicies({ restoredInstances: {} })." }));
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && error.code === "AccessDenied")) throw error;
    return [{ severity: "warning", code: "PermissionsNotChecked", path, message: `Whether ${roleArn} may do all that it takes could not be asked (iam:SimulatePrincipalPolicy).`, remedy: "Allow that, or compare its policy with iamPolicies({ restoredInstances: {} })." }];
  }
}
