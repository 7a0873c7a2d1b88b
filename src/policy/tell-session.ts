import { sendNotification } from "../notifications/send-notification.js";
import type { EngineEnvironment, RunningSession } from "../session/index.js";
import type { PolicyEvent } from "./policy-events.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import { sessionNotification, type SessionOutcome } from "./session-notification.js";
import { errorFacts } from "./session-result.js";

/** Tells all who want to hear it how a session ended, at the same time. Never rejects: who could not be told is an event, and a warning in the log. */
export async function tellSession({ notify }: Pick<ResolvedPolicyOptions, "notify">, { clock, logger }: EngineEnvironment, { emit }: Pick<RunningSession<PolicyEvent>, "emit">, ended: SessionOutcome): Promise<void> {
  const hearers = notify.filter(({ on }) => on.has(ended.occasion));
  if (hearers.length === 0) return;
  const notification = sessionNotification(ended);
  const { subject } = notification;
  await Promise.all(
    hearers.map(async ({ notifier }) => {
      const { destination } = notifier;
      const error = await sendNotification(notifier, notification, { clock });
      if (error === undefined) {
        emit({ type: "notification:sent", destination, subject });
        return;
      }
      emit({ type: "notification:failed", destination, subject, error: errorFacts(error) });
      logger.warn("a notifier could not be reached", { session: ended.session, destination, error: error.message });
    }),
  );
}

/** Runs that another process does instead: nothing is wrong. */
const refusals = new Set(["PolicyRunning", "AlreadyRan"]);

/** Tells of a run that could not even begin, as where the account or the repository cannot be reached. It has no record. */
export async function tellUnbegun(options: ResolvedPolicyOptions, environment: EngineEnvironment, session: RunningSession<PolicyEvent>, error: Error): Promise<void> {
  const facts = errorFacts(error);
  if (refusals.has(facts.code ?? "")) return;
  await tellSession(options, environment, session, { occasion: "failed", policy: options.name, session: session.id, startedAt: session.startedAt, endedAt: environment.clock.now(), error: facts });
}
