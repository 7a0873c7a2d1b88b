import type { Alert, Observation, TrackedAlert } from "./alert.js";

/** How the alerts stand after something was looked at. */
export interface AdvancedAlerts {
  readonly alerts: readonly TrackedAlert[];
  readonly raised: readonly Alert[];
  readonly resolved: readonly Alert[];
}

/** What advancing takes from around it. */
export interface AdvanceContext {
  readonly policy: string;
  readonly now: Date;
  readonly newId: () => string;
}

/**
 * Raises what is newly in trouble and ends what is so no more. What lasts is left as it is, and a condition that was not looked at too. Pure but for
 * the ids.
 */
export function advanceAlerts(alerts: readonly TrackedAlert[], observations: readonly Observation[], { policy, now, newId }: AdvanceContext): AdvancedAlerts {
  const at = now.toISOString();
  const advanced = [...alerts];
  const raised: Alert[] = [];
  const resolved: Alert[] = [];
  for (const { condition, present } of observations) {
    const subjects = new Set(present.map(({ subject }) => subject));
    for (const [index, alert] of advanced.entries()) {
      if (alert.condition !== condition || alert.endedAt !== undefined || subjects.has(alert.subject)) continue;
      const ended = { ...alert, endedAt: at };
      advanced[index] = ended;
      resolved.push(alertOf(ended));
    }
    for (const { subject, severity, text } of present) {
      if (advanced.some((alert) => alert.condition === condition && alert.subject === subject && alert.endedAt === undefined)) continue;
      const alert: Alert = { id: newId(), policy, condition, subject, severity, text, raisedAt: at };
      advanced.push({ ...alert, toldOfBeginning: [], toldOfEnd: [] });
      raised.push(alert);
    }
  }
  return { alerts: advanced, raised, resolved };
}

/** One message that somebody has not had yet. */
export interface PendingTelling {
  readonly alert: Alert;
  readonly what: "raised" | "resolved";
  readonly destination: string;
}

/** What each of these destinations is still to be told, in the order in which it happened. Who was not told of a beginning is not told of its end. */
export function pendingTellings(alerts: readonly TrackedAlert[], destinations: readonly string[]): PendingTelling[] {
  return alerts.flatMap((tracked) =>
    destinations.flatMap((destination): PendingTelling[] => {
      const knows = tracked.toldOfBeginning.includes(destination);
      if (tracked.endedAt === undefined) return knows ? [] : [{ alert: alertOf(tracked), what: "raised", destination }];
      return knows && !tracked.toldOfEnd.includes(destination) ? [{ alert: alertOf(tracked), what: "resolved", destination }] : [];
    }),
  );
}

/** The alerts once these tellings have arrived; those that are over and owe nobody a word are gone. */
export function afterTelling(alerts: readonly TrackedAlert[], told: readonly PendingTelling[], destinations: readonly string[]): TrackedAlert[] {
  const marked = alerts.map((alert): TrackedAlert => {
    const reached = (what: PendingTelling["what"]): string[] => told.filter((telling) => telling.alert.id === alert.id && telling.what === what).map(({ destination }) => destination);
    return { ...alert, toldOfBeginning: [...new Set([...alert.toldOfBeginning, ...reached("raised")])], toldOfEnd: [...new Set([...alert.toldOfEnd, ...reached("resolved")])] };
  });
  return marked.filter((alert) => alert.endedAt === undefined || pendingTellings([alert], destinations).length > 0);
}

/** The alert as its readers know it. */
export function alertOf({ toldOfBeginning: _, toldOfEnd: __, ...alert }: TrackedAlert): Alert {
  return alert;
}
