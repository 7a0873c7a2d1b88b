import { malformedPolicy } from "./malformed-policy.js";
import { conditionHolds, isKnownOperator } from "./policy-condition.js";
import { escapeRegExp, matchesWildcard } from "./wildcard.js";

/** What is asked of a bucket policy: who does what to which resource, and the condition keys of the request. */
export interface PolicyRequest {
  readonly accountId: string;
  readonly principalArn: string;
  /** E.g. `s3:PutObject`. */
  readonly action: string;
  readonly resourceArn: string;
  /** By lower-case condition key, e.g. `s3:if-none-match`; a key without a value is absent. */
  readonly conditionKeys: ReadonlyMap<string, string>;
}

export type PolicyVerdict = "allow" | "deny" | "silent";

interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly principals: readonly string[] | undefined;
  readonly exceptPrincipals: readonly string[] | undefined;
  readonly actions: readonly string[] | undefined;
  readonly exceptActions: readonly string[] | undefined;
  readonly resources: readonly string[] | undefined;
  readonly exceptResources: readonly string[] | undefined;
  readonly conditions: readonly { readonly operator: string; readonly key: string; readonly values: readonly string[] }[];
}

/** A bucket policy, understood. What it doesn't understand it refuses when it is put, rather than pass over it. */
export class BucketPolicy {
  readonly #statements: readonly Statement[];

  private constructor(statements: readonly Statement[]) {
    this.#statements = statements;
  }

  static parse(json: string): BucketPolicy {
    let document: unknown;
    try {
      document = JSON.parse(json);
    } catch {
      throw malformedPolicy("This policy contains invalid Json");
    }
    if (!isObject(document)) throw malformedPolicy("Policies must be valid JSON and the first byte must be '{'");
    const statements = asList(document.Statement);
    if (statements.length === 0) throw malformedPolicy("Missing required field Statement");
    return new BucketPolicy(statements.map(parseStatement));
  }

  /** Refuses resources outside the bucket, as S3 does. */
  assertOnlyOf(bucket: string): void {
    const arn = `arn:aws:s3:::${bucket}`;
    for (const { resources, exceptResources } of this.#statements) {
      for (const resource of [...(resources ?? []), ...(exceptResources ?? [])]) {
        if (resource !== arn && !resource.startsWith(`${arn}/`)) {
          throw malformedPolicy("Policy has invalid resource");
        }
      }
    }
  }

  evaluate(request: PolicyRequest): PolicyVerdict {
    let verdict: PolicyVerdict = "silent";
    for (const statement of this.#statements) {
      if (!applies(statement, request)) continue;
      if (statement.effect === "Deny") return "deny";
      verdict = "allow";
    }
    return verdict;
  }
}

function parseStatement(statement: unknown): Statement {
  if (!isObject(statement)) throw malformedPolicy("Invalid policy syntax.");
  const { Effect: effect } = statement;
  if (effect !== "Allow" && effect !== "Deny") throw malformedPolicy(`Invalid effect: ${String(effect)}`);
  const parsed: Statement = {
    effect,
    principals: parsePrincipals(statement.Principal),
    exceptPrincipals: parsePrincipals(statement.NotPrincipal),
    actions: parseStrings(statement.Action),
    exceptActions: parseStrings(statement.NotAction),
    resources: parseStrings(statement.Resource),
    exceptResources: parseStrings(statement.NotResource),
    conditions: parseConditions(statement.Condition),
  };
  if ((parsed.principals === undefined) === (parsed.exceptPrincipals === undefined)) {
    throw malformedPolicy("Missing required field Principal");
  }
  if ((parsed.actions === undefined) === (parsed.exceptActions === undefined)) {
    throw malformedPolicy("Missing required field Action");
  }
  if ((parsed.resources === undefined) === (parsed.exceptResources === undefined)) {
    throw malformedPolicy("Missing required field Resource");
  }
  return parsed;
}

function parsePrincipals(principal: unknown): readonly string[] | undefined {
  if (principal === undefined) return undefined;
  if (principal === "*") return ["*"];
  if (!isObject(principal)) throw malformedPolicy("Invalid principal in policy");
  return parseStrings(principal.AWS) ?? [];
}

function parseConditions(condition: unknown): Statement["conditions"] {
  if (condition === undefined) return [];
  if (!isObject(condition)) throw malformedPolicy("Invalid policy syntax.");
  return Object.entries(condition).flatMap(([operator, byKey]) => {
    if (!isKnownOperator(operator)) throw malformedPolicy(`Invalid Condition type : ${operator}`);
    if (!isObject(byKey)) throw malformedPolicy("Invalid policy syntax.");
    return Object.entries(byKey).map(([key, values]) => ({
      operator,
      key: key.toLowerCase(),
      values: asList(values).map(String),
    }));
  });
}

function parseStrings(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  return asList(value).map((one) => {
    if (typeof one !== "string") throw malformedPolicy("Invalid policy syntax.");
    return one;
  });
}

function applies(statement: Statement, request: PolicyRequest): boolean {
  const { principals, exceptPrincipals, actions, exceptActions, resources, exceptResources } = statement;
  if (principals?.some((principal) => isPrincipal(principal, request)) === false) return false;
  if (exceptPrincipals?.some((principal) => isPrincipal(principal, request)) === true) return false;
  const isAction = (pattern: string) => matchesWildcard(pattern.toLowerCase(), request.action.toLowerCase());
  if (actions?.some(isAction) === false || exceptActions?.some(isAction) === true) return false;
  const isResource = (pattern: string) => matchesWildcard(pattern, request.resourceArn);
  if (resources?.some(isResource) === false || exceptResources?.some(isResource) === true) return false;
  return statement.conditions.every(({ operator, key, values }) =>
    conditionHolds(operator, request.conditionKeys.get(key), values),
  );
}

/** An account stands for everybody in it; an assumed role's session for its role too. */
function isPrincipal(principal: string, request: PolicyRequest): boolean {
  if (principal === "*" || principal === request.accountId || principal === request.principalArn) return true;
  if (principal === `arn:aws:iam::${request.accountId}:root`) return true;
  const session = /^arn:aws:sts::(\d+):assumed-role\/([^/]+)\//.exec(request.principalArn);
  if (session === null) return false;
  const [, account = "", role = ""] = session;
  const rolePattern = new RegExp(`^arn:aws:iam::${account}:role/(?:.*/)?${escapeRegExp(role)}$`);
  return rolePattern.test(principal);
}

function asList(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
