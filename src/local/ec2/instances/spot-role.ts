import type * as ec2 from "@aws-sdk/client-ec2";
import { createEntityId } from "../../iam/account-keys.js";
import type { IamStore } from "../../iam/iam-store.js";
import type { RequestContext } from "../../service.js";
import type { Permission } from "../../wire/permission.js";

const service = "spot.amazonaws.com";
const roleName = "AWSServiceRoleForEC2Spot";
const path = `/aws-service-role/${service}/`;

/**
 * The first Spot Instance of an account makes EC2's own role for them, with the caller's leave.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html
 */
export function spotRolePermissions(iam: IamStore | undefined, input: ec2.RunInstancesRequest, { accountId }: RequestContext): Permission[] {
  if (!isMissing(iam, input, accountId)) return [];
  return [{ action: "iam:CreateServiceLinkedRole", resource: `arn:aws:iam::${accountId}:role${path}${roleName}`, read: (key) => (key === "iam:awsservicename" ? [service] : undefined) }];
}

/** Makes that role where it is not there. */
export async function ensureSpotRole(iam: IamStore | undefined, input: ec2.RunInstancesRequest, { accountId, clock }: RequestContext): Promise<void> {
  if (iam === undefined || !isMissing(iam, input, accountId)) return;
  iam.account(accountId).roles.set(roleName.toLowerCase(), {
    roleId: createEntityId("AROA"),
    roleName,
    path,
    arn: `arn:aws:iam::${accountId}:role${path}${roleName}`,
    createdAt: clock.now().toISOString(),
    trustPolicy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }] }),
    description: "Default EC2 Spot Service Linked Role",
    maxSessionSeconds: 3600,
    inlinePolicies: {},
    attachedPolicyArns: [],
    tags: {},
  });
  await iam.save(accountId);
}

function isMissing(iam: IamStore | undefined, { InstanceMarketOptions: market }: ec2.RunInstancesRequest, accountId: string): boolean {
  return iam !== undefined && market?.MarketType === "spot" && iam.findRole(accountId, roleName) === undefined;
}
