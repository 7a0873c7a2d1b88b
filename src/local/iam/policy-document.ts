import { malformedPolicy } from "./iam-error.js";

/** A statement of a policy in one form: every list a list. */
export interface PolicyStatement {
  readonly effect: "Allow" | "Deny";
  readonly actions: readonly string[];
  /** Whether the actions are those that the statement is not about. */
  readonly isNotAction: boolean;
  /** AWS principals; `["*"]` for everybody; undefined in identity policies. */
  readonly principals: readonly string[] | undefined;
  /** Services of AWS among the principals. */
  readonly services: readonly string[];
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

const VERSIONS = ["2012-10-17", "2008-10-17"];

/** Reads a policy document. Raises `MalformedPolicyDocument` for one that IAM would refuse. */
export function parsePolicyDocument(text: string, kind: "trust" | "identity"): readonly PolicyStatement[] {
  const document = asRecord(parseJson(text), "The policy is not a JSON object.");
  const version = document["Version"];
  if (version !== undefined && !VERSIONS.some((known) => known === version)) throw malformedPolicy("The policy must contain a valid version string.");
  const statements = asList(document["Statement"]);
  if (statements.length === 0) throw malformedPolicy("The policy must contain at least one statement.");
  return statements.map((statement) => parseStatement(asRecord(statement, "A statement is not a JSON object."), kind));
}

function parseStatement(statement: Readonly<Record<string, unknown>>, kind: "trust" | "identity"): PolicyStatement {
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny") throw malformedPolicy(`Invalid effect: ${JSON.stringify(effect)}`);
  const isNotAction = statement["Action"] === undefined;
  const actions = asList(isNotAction ? statement["NotAction"] : statement["Action"]).map(String);
  if (actions.length === 0) throw malformedPolicy("Policy statement must contain actions.");
  if (kind === "trust") {
    if (statement["Resource"] !== undefined) throw malformedPolicy("Has prohibited field Resource");
    if (statement["Principal"] === undefined) throw malformedPolicy("Missing required field Principal");
  } else {
    if (statement["Principal"] !== undefined) throw malformedPolicy("Policy document should not specify a principal.");
    if (statement["Resource"] === undefined && statement["NotResource"] === undefined) throw malformedPolicy("Policy statement must contain resources.");
  }
  return {
    effect,
    actions,
    isNotAction,
    principals: kind === "trust" ? parsePrincipals(statement["Principal"], "AWS") : undefined,
    services: kind === "trust" ? parsePrincipals(statement["Principal"], "Service") : [],
    conditions: parseConditions(statement["Condition"]),
  };
}

function parsePrincipals(principal: unknown, kind: "AWS" | "Service"): readonly string[] {
  if (principal === "*") return ["*"];
  return asList(asRecord(principal, "Invalid principal in policy.")[kind]).map(String);
}

function parseConditions(condition: unknown): PolicyStatement["conditions"] {
  if (condition === undefined) return {};
  const conditions: Record<string, Record<string, readonly string[]>> = {};
  for (const [operator, keys] of Object.entries(asRecord(condition, "Syntax error in Condition."))) {
    conditions[operator] = Object.fromEntries(
      Object.entries(asRecord(keys, "Syntax error in Condition.")).map(([key, values]) => [key, asList(values).map(String)]),
    );
  }
  return conditions;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformedPolicy("This policy contains invalid Json");
  }
}

function asRecord(value: unknown, message: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformedPolicy(message);
  return value as Readonly<Record<string, unknown>>;
}

function asList(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
