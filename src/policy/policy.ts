import { inspect } from "node:util";
import { ConflictError } from "../errors/index.js";
import { ownSignal, resolveEnvironment, Session, type EngineEnvironment } from "../session/index.js";
import { planPolicy, type PolicyPlan } from "./plan-policy.js";
import type { PolicyEvent } from "./policy-events.js";
import { resolvePolicyOptions, type PolicyOptions, type ResolvedPolicyOptions } from "./policy-options.js";
import { resolveRunOptions, type RunOptions } from "./run-options.js";
import { runPolicy } from "./run-policy.js";
import { Exclusions } from "./selection/exclusions.js";
import type { SessionResult } from "./session-result.js";

/**
 * What is protected, to where, and how.
 *
 * Wrong options raise `ConfigurationError` naming the path, before any call is made.
 *
 * @example
 * const policy = new Policy({ name: "gold", account, include: [{ tag: { backup: "gold" } }], backup: { repository } });
 * const result = await policy.run();
 */
export class Policy {
  readonly name: string;
  readonly #options: ResolvedPolicyOptions;
  readonly #environment: EngineEnvironment;
  #runningSession: string | undefined;

  constructor(options: PolicyOptions, environment: Partial<EngineEnvironment> = {}) {
    this.#options = resolvePolicyOptions(options);
    this.#environment = resolveEnvironment(environment);
    this.name = this.#options.name;
  }

  /**
   * Backs up everything that is selected now. Where resources failed the session rejects with `PartialFailureError`:
   * `failures` says which and why, `completed` which are safe, `result` how each of them fared. After an abort it rejects
   * with the signal's reason, once what is in flight has settled. A policy never overlaps itself: `ConflictError`
   * (`PolicyRunning`) while a run of it is under way in this process.
   *
   * Nothing selected is a success with no resources and the event `selection:empty`; what is named by its id and is not
   * there is a failure.
   *
   * @example
   * const session = policy.run({ signal });
   * for await (const event of session) console.log(event.type);
   * const result = await session;
   */
  run(options: RunOptions = {}): Session<SessionResult, PolicyEvent> {
    const { signal: given, full } = resolveRunOptions(options);
    const run = { full, signal: ownSignal([given]) };
    return Session.start<SessionResult, PolicyEvent>(`policy ${this.name}`, this.#environment, async (session) => {
      if (this.#runningSession !== undefined) {
        throw new ConflictError(`Policy ${this.name} is running already, in session ${this.#runningSession}. Wait for it, or abort it by its signal.`, {
          code: "PolicyRunning",
          retryable: true,
          context: { policy: this.name, session: this.#runningSession },
        });
      }
      this.#runningSession = session.id;
      try {
        run.signal.throwIfAborted();
        const accountId = await this.#options.account.accountId({ signal: run.signal });
        return await runPolicy({ ...this.#environment, options: this.#options, run, session, accountId, exclusions: new Exclusions(this.#options.exclude) });
      } finally {
        this.#runningSession = undefined;
      }
    });
  }

  /** What a run would back up now, and what it would leave out, with the reasons. Makes nothing. */
  async plan(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<PolicyPlan> {
    const { signal } = resolveRunOptions(options);
    return await planPolicy(this.#options, { signal });
  }

  /** How it prints: what is selected, and to where. */
  [inspect.custom](): string {
    const { regions, include, exclude, repository } = this.#options;
    const lines = [`Policy ${this.name}`, `  in ${regions.join(", ")}, to ${repository.location}`, `  include ${include.map((selector) => JSON.stringify(selector)).join(", ")}`];
    if (exclude.length > 0) lines.push(`  exclude ${exclude.map((selector) => JSON.stringify(selector)).join(", ")}`);
    return lines.join("\n");
  }
}
