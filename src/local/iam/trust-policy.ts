import { matchesPattern } from "../wire/authorizer.js";
import { parsePolicyDocument } from "./policy-document.js";
import type { PolicyStatement } from "./policy-document.js";

/** Who wants to assume a role, and what they say. */
export interface AssumeRequest {
  readonly accountId: string;
  readonly principalArn: string;
  /** The role behind the caller's session, if the caller is one. */
  readonly roleArn: string | undefined;
  readonly externalId: string | undefined;
  readonly roleSessionName: string;
}

/** Whether a role's trust policy lets a caller assume it: allowed by a statement and denied by none. */
export function isTrusted(trustPolicy: string, request: AssumeRequest): boolean {
  const applying = parsePolicyDocument(trustPolicy, "trust").filter(
    (statement) => isAboutAssuming(statement) && statement.principals?.some((principal) => isPrincipal(principal, request)) === true,
  );
  if (applying.some((statement) => statement.effect === "Deny" && areConditionsMet(statement, request, true))) return false;
  return applying.some((statement) => statement.effect === "Allow" && areConditionsMet(statement, request, false));
}

/** Whether a role's trust policy lets a service of AWS assume it, e.g. `ec2.amazonaws.com`. */
export function trustsService(trustPolicy: string, service: string): boolean {
  const applying = parsePolicyDocument(trustPolicy, "trust").filter(
    (statement) => isAboutAssuming(statement) && statement.services.some((name) => name === "*" || name === service),
  );
  return applying.some((statement) => statement.effect === "Allow") && !applying.some((statement) => statement.effect === "Deny");
}

function isAboutAssuming(statement: PolicyStatement): boolean {
  const isNamed = statement.actions.some((action) => matchesPattern(action.toLowerCase(), "sts:assumerole"));
  return isNamed !== statement.isNotAction;
}

function isPrincipal(principal: string, request: AssumeRequest): boolean {
  if (principal === "*" || principal === request.principalArn || principal === request.roleArn) return true;
  return principal === request.accountId || principal === `arn:aws:iam::${request.accountId}:root`;
}

// What cannot be judged never opens a door: an unknown condition is not met for an Allow, and met for a Deny.
function areConditionsMet(statement: PolicyStatement, request: AssumeRequest, unknownIsMet: boolean): boolean {
  for (const [operator, keys] of Object.entries(statement.conditions)) {
    for (const [key, expected] of Object.entries(keys)) {
      if (!isConditionMet(operator.toLowerCase(), key.toLowerCase(), expected, request, unknownIsMet)) return false;
    }
  }
  return true;
}

const KNOWN_KEYS: Readonly<Record<string, (request: AssumeRequest) => string | undefined>> = {
  "sts:externalid": (request) => request.externalId,
  "sts:rolesessionname": (request) => request.roleSessionName,
  "aws:principalarn": (request) => request.roleArn ?? request.principalArn,
  "aws:principalaccount": (request) => request.accountId,
};

function isConditionMet(operator: string, key: string, expected: readonly string[], request: AssumeRequest, unknownIsMet: boolean): boolean {
  const read = KNOWN_KEYS[key];
  if (read === undefined) return unknownIsMet;
  const isIfExists = operator.endsWith("ifexists");
  const actual = read(request);
  const name = isIfExists ? operator.slice(0, -"ifexists".length) : operator;
  if (name === "null") return expected.includes(String(actual === undefined));
  const isNegated = name.includes("not");
  if (actual === undefined) return isIfExists || isNegated;
  switch (name) {
    case "stringequals":
    case "arnequals":
    case "stringnotequals":
    case "arnnotequals":
      // ArnEquals takes wildcards as ArnLike does.
      return expected.some((value) => (name.startsWith("arn") ? matchesPattern(value, actual) : value === actual)) !== isNegated;
    case "stringequalsignorecase":
    case "stringnotequalsignorecase":
      return expected.some((value) => value.toLowerCase() === actual.toLowerCase()) !== isNegated;
    case "stringlike":
    case "arnlike":
    case "stringnotlike":
    case "arnnotlike":
      return expected.some((value) => matchesPattern(value, actual)) !== isNegated;
    default:
      return unknownIsMet;
  }
}
