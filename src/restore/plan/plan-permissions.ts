import { HoldfastError } from "../../errors/index.js";
import type { CallOptions, CloudAccount } from "../../ports/index.js";
import { checkStatements } from "../../workers/roles/check-permissions.js";
import type { IamPolicyStatement } from "../../workers/roles/policy-document.js";
import type { RestoreFinding } from "./restore-finding.js";

/** What is asked of IAM. */
export interface PermissionQuestion {
  readonly account: CloudAccount;
  /** The statements that give what is needed, in the role's partition. */
  readonly statements: (partition: string) => readonly IamPolicyStatement[];
  /** Of these statements, what this restore takes. */
  readonly actions: readonly string[];
  /** The call that writes these statements. */
  readonly remedy: string;
}

/** What the role as which the account is called may not do of what a restore takes, as IAM judges it without anything being done. */
export async function permissionFindings({ account, statements, actions, remedy }: PermissionQuestion, call: CallOptions): Promise<RestoreFinding[]> {
  const path = "account";
  const roleArn = account.role?.roleArn;
  const check = account.permissionCheck?.();
  if (roleArn === undefined || check === undefined) return [];
  const asked = statements(roleArn.split(":")[1] ?? "aws").map((statement) => ({ ...statement, Action: statement.Action.filter((action) => actions.includes(action)) }));
  try {
    const missing = await checkStatements(check, { arn: roleArn, name: roleArn, statements: asked.filter(({ Action }) => Action.length > 0) }, call);
    const denied = [...new Set(missing.map(({ action }) => action))];
    return denied.map((action) => ({ severity: "warning", code: "PermissionMissing", path, message: `${roleArn} may not do ${action}.`, remedy: `Give it the statements of ${remedy}.` }));
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && error.code === "AccessDenied")) throw error;
    return [{ severity: "warning", code: "PermissionsNotChecked", path, message: `Whether ${roleArn} may do all that it takes could not be asked (iam:SimulatePrincipalPolicy).`, remedy: `Allow that, or compare its policy with ${remedy}.` }];
  }
}
