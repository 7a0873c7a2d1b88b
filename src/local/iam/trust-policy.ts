import type { NamedVerdict } from "../policies/policy.js";
import type { PolicyPrincipal, ReadKey } from "../policies/policy-request.js";
import { parsePolicyDocument } from "./policy-document.js";

const ASSUME = "sts:AssumeRole";

/** What a role's trust policy says of who wants to assume it. */
export function judgeTrust(trustPolicy: string, roleArn: string, principal: PolicyPrincipal, read: ReadKey): NamedVerdict {
  return parsePolicyDocument(trustPolicy, "trust").evaluateFor({ principal, action: ASSUME, resource: roleArn, read });
}

/** Whether a role's trust policy lets a service of AWS assume it, e.g. `ec2.amazonaws.com`, for an account's own resources. */
export function trustsService(trustPolicy: string, service: string, accountId: string): boolean {
  const read: ReadKey = (key) => (key === "aws:sourceaccount" ? [accountId] : undefined);
  return judgeTrust(trustPolicy, "", { accountId, arn: service, service }, read).verdict === "allow";
}
