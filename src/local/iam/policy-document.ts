import { MalformedPolicy } from "../policies/malformed-policy.js";
import { Policy } from "../policies/policy.js";
import type { PolicyKind } from "../policies/statement.js";
import { malformedPolicy } from "./iam-error.js";

const MAX_COMPILED = 1024;
// By the text itself: a text that is the same string is found without looking at its characters again.
const compiled: Readonly<Record<PolicyKind, Map<string, Policy>>> = { identity: new Map(), resource: new Map(), trust: new Map() };

/** A policy document, compiled once. Raises `MalformedPolicyDocument` for one that IAM would refuse. */
export function parsePolicyDocument(text: string, kind: PolicyKind): Policy {
  const ofKind = compiled[kind];
  const known = ofKind.get(text);
  if (known !== undefined) return known;
  try {
    const policy = Policy.parse(text, kind);
    if (ofKind.size >= MAX_COMPILED) ofKind.clear();
    ofKind.set(text, policy);
    return policy;
  } catch (error) {
    if (error instanceof MalformedPolicy) throw malformedPolicy(error.message);
    throw error;
  }
}
