import { MalformedPolicy } from "../../policies/malformed-policy.js";
import { Policy } from "../../policies/policy.js";
import { malformedPolicy } from "./malformed-policy.js";

const MAX_COMPILED = 256;
const compiled = new Map<string, Policy>();

/** A bucket's policy, understood; raises `MalformedPolicy` for one that is none. */
export function parseBucketPolicy(json: string): Policy {
  const known = compiled.get(json);
  if (known !== undefined) return known;
  try {
    const policy = Policy.parse(json, "resource");
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    compiled.set(json, policy);
    return policy;
  } catch (error) {
    if (error instanceof MalformedPolicy) throw malformedPolicy(error.message);
    throw error;
  }
}

/** Refuses resources outside the bucket, as S3 does. */
export function assertOnlyOf(bucket: string, policy: Policy): void {
  const arn = `arn:aws:s3:::${bucket}`;
  if (policy.resources.some((resource) => resource !== arn && !resource.startsWith(`${arn}/`))) throw malformedPolicy("Policy has invalid resource");
}
