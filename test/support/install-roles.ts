import { AddRoleToInstanceProfileCommand, CreateInstanceProfileCommand, CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import type { AwsAccount, IamRole } from "../../src/index.js";

/** Makes roles in their accounts exactly as `iamPolicies()` gives them, with an instance profile where one is said to have one. */
export async function installRoles(roles: readonly IamRole[], administratorOf: (account: string) => AwsAccount): Promise<void> {
  for (const role of roles) {
    const administrator = administratorOf(role.account);
    const iam = administrator.iam(administrator.region);
    await iam.send(new CreateRoleCommand({ RoleName: role.name, AssumeRolePolicyDocument: JSON.stringify(role.trust) }));
    await iam.send(new PutRolePolicyCommand({ RoleName: role.name, PolicyName: role.name, PolicyDocument: JSON.stringify(role.policy) }));
    if (!role.hasInstanceProfile) continue;
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: role.name }));
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: role.name, RoleName: role.name }));
  }
}
