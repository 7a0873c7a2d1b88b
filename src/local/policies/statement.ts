import { wildcard } from "../wildcard.js";
import { conditionTest } from "./condition-operators.js";
import type { ConditionTest } from "./condition-operators.js";
import { MalformedPolicy } from "./malformed-policy.js";
import { compilePattern, fillVariables } from "./pattern.js";
import type { Pattern } from "./pattern.js";
import type { PolicyPrincipal, PolicyRequest, ReadKey } from "./policy-request.js";

/** What a policy belongs to: that decides which elements its statements have. */
export type PolicyKind = "identity" | "resource" | "trust";

/** How closely a statement names who asks: the account that decides by its own policies, or the very role, session or user. */
export type Naming = "account" | "role" | "session";

interface Principals {
  readonly aws: readonly string[];
  readonly services: readonly string[];
}

interface Condition {
  readonly test: ConditionTest;
  readonly key: string;
  readonly values: readonly string[];
  readonly hasVariables: boolean;
}

/** A statement, understood. What it does not understand it refuses when it is read, rather than pass over it. */
export class Statement {
  readonly effect: "Allow" | "Deny";
  readonly resources: readonly string[];
  readonly #isAction: (action: string) => boolean;
  readonly #isResource: Pattern;
  readonly #principals: Principals | undefined;
  readonly #exceptPrincipals: Principals | undefined;
  readonly #conditions: readonly Condition[];

  constructor(statement: unknown, kind: PolicyKind) {
    if (!isObject(statement)) throw new MalformedPolicy("Invalid policy syntax.");
    const { Effect: effect } = statement;
    if (effect !== "Allow" && effect !== "Deny") throw new MalformedPolicy(`Invalid effect: ${JSON.stringify(effect)}`);
    this.effect = effect;
    this.#isAction = actionTest(statement);
    this.resources = kind === "trust" ? [] : [...(strings(statement.Resource) ?? []), ...(strings(statement.NotResource) ?? [])];
    this.#isResource = kind === "trust" ? noResource(statement) : resourceTest(statement);
    this.#principals = readPrincipals(statement.Principal);
    this.#exceptPrincipals = readPrincipals(statement.NotPrincipal);
    const isNamed = (this.#principals === undefined) !== (this.#exceptPrincipals === undefined);
    if (kind === "identity" && (this.#principals ?? this.#exceptPrincipals) !== undefined) throw new MalformedPolicy("Policy document should not specify a principal.");
    if (kind !== "identity" && !isNamed) throw new MalformedPolicy("Missing required field Principal");
    this.#conditions = readConditions(statement.Condition);
  }

  isAbout(action: string): boolean {
    return this.#isAction(action);
  }

  /** Whether the statement applies to a request whose action it is about. */
  applies({ resource, read }: PolicyRequest): boolean {
    if (!this.#isResource(resource, read)) return false;
    return this.#conditions.every(({ test, key, values, hasVariables }) => test(read(key), hasVariables ? filled(values, read) : values));
  }

  /** How the statement names who asks; undefined where it does not. */
  naming(principal: PolicyPrincipal): Naming | undefined {
    if (this.#principals !== undefined) return namingIn(this.#principals, principal);
    if (this.#exceptPrincipals === undefined || namingIn(this.#exceptPrincipals, principal) !== undefined) return undefined;
    return "role";
  }
}

function filled(values: readonly string[], read: ReadKey): readonly string[] {
  return values.map((value) => fillVariables(value, read)).filter((value) => value !== undefined);
}

function actionTest(statement: Readonly<Record<string, unknown>>): (action: string) => boolean {
  const { Action: actions, NotAction: exceptions } = statement;
  const listed = strings(actions ?? exceptions) ?? [];
  if ((actions === undefined) === (exceptions === undefined) || listed.length === 0) throw new MalformedPolicy("Missing required field Action");
  const tests = listed.map((action) => wildcard(action.toLowerCase()));
  const isException = actions === undefined;
  return (action) => tests.some((test) => test(action.toLowerCase())) !== isException;
}

function resourceTest(statement: Readonly<Record<string, unknown>>): Pattern {
  const { Resource: resources, NotResource: exceptions } = statement;
  const patterns = (strings(resources ?? exceptions) ?? []).map(compilePattern);
  if ((resources === undefined) === (exceptions === undefined) || patterns.length === 0) throw new MalformedPolicy("Missing required field Resource");
  const isException = resources === undefined;
  return (text, read) => patterns.some((pattern) => pattern(text, read)) !== isException;
}

function noResource(statement: Readonly<Record<string, unknown>>): Pattern {
  if (statement.Resource !== undefined || statement.NotResource !== undefined) throw new MalformedPolicy("Has prohibited field Resource");
  return () => true;
}

function readPrincipals(principal: unknown): Principals | undefined {
  if (principal === undefined) return undefined;
  if (principal === "*") return { aws: ["*"], services: [] };
  if (!isObject(principal)) throw new MalformedPolicy("Invalid principal in policy");
  return { aws: strings(principal.AWS) ?? [], services: strings(principal.Service) ?? [] };
}

function namingIn({ aws, services }: Principals, principal: PolicyPrincipal): Naming | undefined {
  if (principal.service !== undefined) return services.includes(principal.service) ? "session" : undefined;
  if (aws.includes(principal.arn)) return "session";
  if (aws.includes("*") || aws.some((name) => isRoleOf(principal, name))) return "role";
  const { accountId } = principal;
  return aws.includes(accountId) || aws.includes(`arn:aws:iam::${accountId}:root`) ? "account" : undefined;
}

function isRoleOf({ arn, roleArn }: PolicyPrincipal, name: string): boolean {
  if (roleArn !== undefined) return name === roleArn;
  const [, account = "", role = ""] = /^arn:aws:sts::(\d+):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  const prefix = `arn:aws:iam::${account}:role/`;
  // a role's path is not told by its sessions
  return role !== "" && name.startsWith(prefix) && `/${name.slice(prefix.length)}`.endsWith(`/${role}`);
}

function readConditions(condition: unknown): Condition[] {
  if (condition === undefined) return [];
  if (!isObject(condition)) throw new MalformedPolicy("Syntax error in Condition.");
  return Object.entries(condition).flatMap(([operator, byKey]) => {
    const test = conditionTest(operator);
    if (test === undefined) throw new MalformedPolicy(`Invalid Condition type : ${operator}`);
    if (!isObject(byKey)) throw new MalformedPolicy("Syntax error in Condition.");
    return Object.entries(byKey).map(([key, given]) => {
      const values = asList(given).map(conditionValue);
      return { test, key: key.toLowerCase(), values, hasVariables: values.some((value) => value.includes("${")) };
    });
  });
}

function conditionValue(value: unknown): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw new MalformedPolicy("Syntax error in Condition.");
}

function strings(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  return asList(value).map((one) => {
    if (typeof one !== "string") throw new MalformedPolicy("Invalid policy syntax.");
    return one;
  });
}

export function asList(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
