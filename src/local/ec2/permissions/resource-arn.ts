import type { ResourceKind } from "../resource-id.js";
import type { Scope } from "../scope.js";

/** Kinds of resources that belong to no account in their ARNs. */
const WITHOUT_ACCOUNT: readonly string[] = ["snapshot", "image"];

/** The ARN of a resource; `*` for those that are only to be made. */
export function ec2Arn({ accountId, region }: Scope, kind: ResourceKind, id: string): string {
  return `arn:aws:ec2:${region}:${WITHOUT_ACCOUNT.includes(kind) ? "" : accountId}:${kind}/${id}`;
}
