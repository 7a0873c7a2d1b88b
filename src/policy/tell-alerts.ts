import { advanceAlerts, afterTelling, alertOf, pendingTellings, type PendingTelling } from "../alerts/advance-alerts.js";
import type { Alert, Observation } from "../alerts/alert.js";
import { sendNotification } from "../notifications/send-notification.js";
import { isFromTheFuture } from "../repository/history/from-the-future.js";
import type { EngineEnvironment } from "../session/index.js";
import { alertNotification } from "./alert-notification.js";
import type { PolicyEvent } from "./policy-events.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import { errorFacts, type ErrorFacts } from "./session-result.js";

/** How a policy's alerts stand after a check. JSON. */
export interface AlertReport {
  /** All that last. */
  readonly standing: readonly Alert[];
  /** Those that this check raised. */
  readonly raised: readonly Alert[];
  /** Those whose end it found. */
  readonly resolved: readonly Alert[];
  /** Messages that could not be sent: the next check or run tries again. */
  readonly untold: readonly { readonly destination: string; readonly alert: string; readonly error: ErrorFacts }[];
}

/** Nobody else tells for so long: as long as telling may take, and somewhat more. */
const tellingMs = 300_000;
const alertIdBytes = 8;

/**
 * Takes what was found into the policy's alerts, which lie in its repository, and tells who has not been told. First the state is written, then
 * messages are sent, then it is written who has them: after a crash between, a message comes twice, under the same id.
 */
export async function tellAlerts(
  options: ResolvedPolicyOptions,
  { clock, random, logger }: EngineEnvironment,
  observations: readonly Observation[],
  { emit, signal }: { readonly emit?: ((event: EmittedAlert) => void) | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<AlertReport> {
  const { repository, name } = options;
  const hearers = options.notify.filter(({ on }) => on.has("alert")).map(({ notifier }) => notifier);
  const destinations = [...new Set(hearers.map(({ destination }) => destination))];
  const now = clock.now();
  const changed = await repository.history.changeAlertState(
    name,
    ({ alerts: before, tellingUntil }) => {
      const advanced = advanceAlerts(before, observations, { policy: name, now, newId: () => random.bytes(alertIdBytes).toString("hex") });
      // by a clock that was far ahead nobody is telling any more
      const isTold = tellingUntil !== undefined && Date.parse(tellingUntil) > now.getTime() && !isFromTheFuture(tellingUntil, now);
      const pending = isTold ? [] : pendingTellings(advanced.alerts, destinations);
      const alerts = pending.length === 0 && !isTold ? afterTelling(advanced.alerts, [], destinations) : advanced.alerts;
      const state = { alerts, ...(isTold ? { tellingUntil } : pending.length > 0 && { tellingUntil: new Date(now.getTime() + tellingMs).toISOString() }) };
      return { state, result: { ...advanced, pending } };
    },
    { signal },
  );
  for (const alert of changed.raised) emit?.({ type: "alert:raised", alert });
  for (const alert of changed.resolved) emit?.({ type: "alert:resolved", alert });
  const told: PendingTelling[] = [];
  const untold: AlertReport["untold"][number][] = [];
  await Promise.all(
    hearers.map(async (notifier) => {
      const { destination } = notifier;
      // one after the other, so that an end never overtakes its beginning
      for (const telling of changed.pending.filter((pending) => pending.destination === destination)) {
        const notification = alertNotification(telling.alert, telling.what, now);
        const error = await sendNotification(notifier, notification, { clock });
        if (error === undefined) {
          told.push(telling);
          emit?.({ type: "notification:sent", destination, subject: notification.subject });
          continue;
        }
        untold.push({ destination, alert: telling.alert.id, error: errorFacts(error) });
        emit?.({ type: "notification:failed", destination, subject: notification.subject, error: errorFacts(error) });
        logger.warn("a notifier could not be reached", { policy: name, destination, error: error.message });
        return;
      }
    }),
  );
  if (changed.pending.length > 0) await repository.history.changeAlertState(name, ({ alerts }) => ({ state: { alerts: afterTelling(alerts, told, destinations) }, result: undefined }), {});
  return { standing: changed.alerts.filter(({ endedAt }) => endedAt === undefined).map(alertOf), raised: changed.raised, resolved: changed.resolved, untold };
}

/** An event of telling, before it has its time. */
type EmittedAlert = PolicyEvent extends infer Event ? (Event extends { readonly type: "alert:raised" | "alert:resolved" | "notification:sent" | "notification:failed" } ? Omit<Event, "at"> : never) : never;
