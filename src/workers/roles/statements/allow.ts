import type { ResolvedIamOptions } from "../iam-options.js";
import type { IamPolicyStatement } from "../policy-document.js";

// The forms of the ARNs, and the conditions that an action takes: AWS service authorization reference,
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html and its sisters.

export type Condition = NonNullable<IamPolicyStatement["Condition"]>;

export function allow(Sid: string, Action: readonly string[], Resource: readonly string[], condition?: Condition): IamPolicyStatement {
  return { Sid, Effect: "Allow", Action, Resource, ...(condition !== undefined && { Condition: condition }) };
}

/** EC2's resources of an account in the regions that are meant; snapshots and images belong to no account in their ARN. */
export function ec2Arns({ partition, regions }: Pick<ResolvedIamOptions, "partition" | "regions">, account: string, ...kinds: readonly string[]): string[] {
  return regions.flatMap((region) => kinds.map((kind) => `arn:${partition}:ec2:${region}:${kind === "snapshot" || kind === "image" ? "" : account}:${kind}/*`));
}

/** Lists have no resource to be limited to; the region is. */
export function describing({ regions }: Pick<ResolvedIamOptions, "regions">, sid: string, actions: readonly string[]): IamPolicyStatement {
  return allow(sid, actions, ["*"], regions.includes("*") ? undefined : { StringEquals: { "aws:RequestedRegion": regions } });
}

/** What a session of the engine made says so, whichever session it was. */
export const isOwn: Condition = { Null: { "aws:ResourceTag/holdfast:session": "false" } };

/** What is being made says of which session it is. */
export const willBeOwn: Condition = { Null: { "aws:RequestTag/holdfast:session": "false" } };

/** Tags are given to what an operation makes, and to nothing that is there already. */
export function madeBy(...operations: readonly string[]): Condition {
  return { StringEquals: { "ec2:CreateAction": operations } };
}

/** The use of KMS keys; none where there are no keys. */
export function usingKeys(sid: string, actions: readonly string[], keyArns: readonly string[], condition?: Condition): IamPolicyStatement[] {
  return keyArns.length === 0 ? [] : [allow(sid, actions, [...new Set(keyArns)], condition)];
}

/** A key is used by EC2 in the caller's name, and not by the caller. */
export function viaEc2({ regions, partition }: ResolvedIamOptions): Condition {
  const domain = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  return { StringLike: { "kms:ViaService": regions.map((region) => `ec2.${region}.${domain}`) } };
}

/** A grant is made for a service of AWS alone: EBS, which goes on using the key for the volume. */
export const forAwsAlone: Condition = { Bool: { "kms:GrantIsForAWSResource": "true" } };
