import type { CallOptions } from "../ports/index.js";
import { asError, type EngineEnvironment, type RunningSession } from "../session/index.js";
import { observeCompliance, observePoints, observeRepository, observeRun, observeSchedule } from "./observe-policy.js";
import type { PolicyEvent } from "./policy-events.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import type { SessionOutcome } from "./session-notification.js";
import { errorFacts } from "./session-result.js";
import { tellAlerts, type AlertReport } from "./tell-alerts.js";

/** Looks at all that can be seen without a run. */
export async function checkAlerts(options: ResolvedPolicyOptions, environment: EngineEnvironment, { signal }: CallOptions): Promise<AlertReport> {
  const now = environment.clock.now();
  const last = await options.repository.history.lastRun(options.name, { signal });
  const observations = [...observeSchedule(options, last, now), ...(await observeRepository(options, undefined, { signal })), ...(await observePoints(options, now, { signal }))];
  const { observations: compliance } = await observeCompliance(options, now, { signal });
  return await tellAlerts(options, environment, [...observations, ...compliance], { signal });
}

/** Controls that are not met, of which there is an event each: of more, the number is told. */
const maxBroken = 1_000;

/** Looks at what a run that ended shows, and at the rest. Never rejects: that it could not look is an event, and a warning in the log. */
export async function alertOfRun(options: ResolvedPolicyOptions, environment: EngineEnvironment, { emit }: Pick<RunningSession<PolicyEvent>, "emit">, ended: SessionOutcome): Promise<void> {
  try {
    const { error, result } = ended;
    const damaged = [error, ...(result?.resources.map((resource) => resource.error) ?? [])].find((facts) => facts?.name === "IntegrityError");
    const observations = [...observeRun(ended), ...(await observeRepository(options, damaged?.message, {})), ...(await observePoints(options, ended.endedAt, {}))];
    const { report, observations: compliance } = await observeCompliance(options, ended.endedAt, {});
    if (report !== undefined) {
      const broken = report.findings.filter(({ isMet }) => !isMet);
      for (const finding of broken.slice(0, maxBroken)) emit({ type: "compliance:broken", finding });
      emit({ type: "compliance:evaluated", isCompliant: report.isCompliant, met: report.findings.length - broken.length, broken: broken.length });
    }
    await tellAlerts(options, environment, [...observations, ...compliance], { emit });
  } catch (thrown) {
    const error = asError(thrown);
    emit({ type: "alert:unchecked", error: errorFacts(error) });
    environment.logger.warn("the policy's alerts could not be looked at", { session: ended.session, error: error.message });
  }
}
