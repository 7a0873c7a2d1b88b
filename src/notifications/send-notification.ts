import { ConflictError, HoldfastError } from "../errors/index.js";
import type { Clock, Notification, Notifier } from "../ports/index.js";
import { asError } from "../session/index.js";

/** A message is tried so often where its notifier says that this may help. */
const maxAttempts = 3;
/** Before the second attempt; doubled for the third. */
const firstDelayMs = 2_000;
/** All attempts together: telling people must not hold up a backup. */
const maxDurationMs = 180_000;

/** Sends a message, and never rejects: gives the error where it could not be sent. */
export async function sendNotification(notifier: Notifier, notification: Notification, { clock }: { readonly clock: Clock }): Promise<Error | undefined> {
  const timer = new AbortController();
  const limit = new AbortController();
  const sent = send(notifier, notification, clock, limit.signal);
  try {
    return await Promise.race([sent, timeOut(notifier, clock, limit, timer.signal)]);
  } catch (thrown) {
    return asError(thrown);
  } finally {
    timer.abort(new ConflictError("The message was sent.", { code: "Sent" }));
    // whoever does not heed the signal may fail later, and nobody waits for it
    sent.catch(() => undefined);
  }
}

async function send(notifier: Notifier, notification: Notification, clock: Clock, signal: AbortSignal): Promise<undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      await notifier.notify(notification, { signal });
      return undefined;
    } catch (error) {
      if (attempt >= maxAttempts || !(HoldfastError.isInstance(error) && error.retryable)) throw error;
    }
    await clock.sleep(firstDelayMs * 2 ** (attempt - 1), signal);
  }
}

async function timeOut(notifier: Notifier, clock: Clock, limit: AbortController, signal: AbortSignal): Promise<Error> {
  try {
    await clock.sleep(maxDurationMs, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const late = new ConflictError(`${notifier.destination} did not take a message within ${String(maxDurationMs / 1_000)} seconds and is not waited for. Look at the receiver; the run itself is not touched by it.`, { code: "NotificationTimedOut", retryable: true });
  limit.abort(late);
  return late;
}
