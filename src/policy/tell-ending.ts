import type { RequestCounter } from "../ports/index.js";
import type { EngineEnvironment, RunningSession } from "../session/index.js";
import { alertOfRun } from "./check-alerts.js";
import type { PolicyEvent } from "./policy-events.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import type { EndingRun } from "./record-run.js";
import { occasionOf, type SessionOutcome } from "./session-notification.js";
import type { SessionResult } from "./session-result.js";
import { tellSession } from "./tell-session.js";

/** What is done when a run of the policy ends, before its record is closed: people are told, alerts are looked at. */
export function tellEnding(options: ResolvedPolicyOptions, environment: EngineEnvironment, { id, startedAt }: RunningSession<PolicyEvent>): (session: RunningSession<PolicyEvent>, ending: EndingRun<SessionResult>) => Promise<void> {
  return async (session, { state, error, result }) => {
    const ended: SessionOutcome = { occasion: occasionOf(state, result), policy: options.name, session: id, startedAt, endedAt: environment.clock.now(), error, result };
    await tellSession(options, environment, session, ended);
    await alertOfRun(options, environment, session, ended);
  };
}

/** Who counts what the policy's runs ask of providers, beside its repository. */
export function countersOf({ accounts, replicas, archive }: ResolvedPolicyOptions): readonly (RequestCounter | undefined)[] {
  return [...accounts.map(({ account }) => account.requests), ...replicas.map((replica) => replica.account?.requests), archive?.repository.requests];
}
