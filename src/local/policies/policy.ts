import { MalformedPolicy } from "./malformed-policy.js";
import type { PolicyRequest } from "./policy-request.js";
import { asList, isObject, Statement } from "./statement.js";
import type { Naming, PolicyKind } from "./statement.js";

/** What a policy says of a request: allowed by a statement and denied by none, denied, or nothing. */
export type Verdict = "allow" | "deny" | "silent";

/** The same of a policy that names its principals, with how closely the allowing statement names the one who asks. */
export type NamedVerdict = { readonly verdict: "deny" | "silent" } | { readonly verdict: "allow"; readonly naming: Naming };

const VERSIONS = ["2012-10-17", "2008-10-17"];
const CLOSENESS: readonly Naming[] = ["account", "role", "session"];

/**
 * A policy of any kind, compiled: identity policies, session policies, the policies of buckets and keys, and those of trust.
 *
 * Which statements are about an action is found once for each action, since a backup asks the same few ten thousands of times.
 */
export class Policy {
  readonly #statements: readonly Statement[];
  readonly #byAction = new Map<string, readonly Statement[]>();

  private constructor(statements: readonly Statement[]) {
    this.#statements = statements;
  }

  /** Reads a policy document. Raises {@link MalformedPolicy} for one that AWS would refuse. */
  static parse(json: string, kind: PolicyKind): Policy {
    let document: unknown;
    try {
      document = JSON.parse(json);
    } catch {
      throw new MalformedPolicy("This policy contains invalid Json");
    }
    if (!isObject(document)) throw new MalformedPolicy("Policies must be valid JSON and the first byte must be '{'");
    const { Version: version } = document;
    if (version !== undefined && !VERSIONS.some((known) => known === version)) throw new MalformedPolicy("The policy must contain a valid version string.");
    const statements = asList(document.Statement);
    if (statements.length === 0) throw new MalformedPolicy("Missing required field Statement");
    return new Policy(statements.map((statement) => new Statement(statement, kind)));
  }

  /** Every resource that a statement names. */
  get resources(): readonly string[] {
    return this.#statements.flatMap((statement) => statement.resources);
  }

  /** What the policy of an identity says. */
  evaluate(request: PolicyRequest): Verdict {
    let verdict: Verdict = "silent";
    for (const statement of this.#about(request.action)) {
      if (!statement.applies(request)) continue;
      if (statement.effect === "Deny") return "deny";
      verdict = "allow";
    }
    return verdict;
  }

  /** What a policy says that names its principals. */
  evaluateFor(request: PolicyRequest): NamedVerdict {
    let closest = -1;
    for (const statement of this.#about(request.action)) {
      const naming = statement.naming(request.principal);
      if (naming === undefined || !statement.applies(request)) continue;
      if (statement.effect === "Deny") return { verdict: "deny" };
      closest = Math.max(closest, CLOSENESS.indexOf(naming));
    }
    const naming = CLOSENESS[closest];
    return naming === undefined ? { verdict: "silent" } : { verdict: "allow", naming };
  }

  #about(action: string): readonly Statement[] {
    let statements = this.#byAction.get(action);
    if (statements === undefined) {
      statements = this.#statements.filter((statement) => statement.isAbout(action));
      this.#byAction.set(action, statements);
    }
    return statements;
  }
}
