import assert from "node:assert/strict";
import { inspect } from "node:util";
import { HoldfastError } from "../errors/index.js";
import type { Notification, Notifier } from "../ports/index.js";

/** A message as the next station took it. */
export interface ReceivedNotification {
  readonly subject: string;
  readonly text: string;
}

/** A notifier with the station that it tells. */
export interface OpenedNotifier {
  readonly notifier: Notifier;
  /** What the station has taken so far, oldest first. */
  readonly received: () => Promise<readonly ReceivedNotification[]>;
  /** From now on the station refuses: `"later"`, so that trying again may help, or `"forever"`. */
  readonly refuse: (how: "later" | "forever") => void;
  /** From now on the station does not answer. */
  readonly stall: () => void;
  /** What must be seen nowhere: passwords, keys, tokens. */
  readonly secrets: readonly string[];
  /** The longest subject that arrives whole. Default: 200 characters, the most there are. */
  readonly maxSubjectCharacters?: number | undefined;
}

/** How a `Notifier` is held to its contract. */
export interface NotifierConformanceOptions {
  /** Declares a test: vitest's or node:test's `test`, or anything with their form. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Opens a notifier with a station that is nobody else's. */
  readonly open: () => Promise<OpenedNotifier>;
}

const message: Notification = {
  id: "session-0123456789abcdef",
  type: "session:failed",
  severity: "error",
  subject: "[holdfast] gold: 1 of 2 resources failed",
  text: "Policy gold: 1 of 2 resources failed.\n\nFailed:\n  111122223333/eu-west-1/i-0abc: no such instance\n",
  at: "2026-11-24T02:00:00.000Z",
  policy: "gold",
  facts: { session: "0123456789abcdef" },
};

/**
 * The contract of `Notifier` as tests: names are sentences, failures are those of `node:assert`. Runs with any framework.
 *
 * @example
 * describe("my notifier", () => {
 *   notifierConformance({ test: it, open: async () => await openChatWithItsServer() });
 * });
 */
export function notifierConformance({ test, open }: NotifierConformanceOptions): void {
  test("brings subject and text as they are", async () => {
    const { notifier, received } = await open();
    await notifier.notify(message);
    assert.deepEqual((await received()).map(plain), [plain(message)]);
  });

  test("brings any script, and what a hostile name contains as text", async () => {
    const { notifier, received, maxSubjectCharacters = 200 } = await open();
    const subject = `Sikring «æøå» 備份 <b>&amp;</b> Bcc: everybody@example.com %0d%0a ${"x".repeat(200)}`.slice(0, maxSubjectCharacters);
    const text = "first\n.\nBcc: everybody@example.com\n<script>alert(1)</script> 備份 💾 {{x}} ${y}\nlast";
    await notifier.notify({ ...message, subject, text });
    assert.deepEqual((await received()).map(plain), [plain({ subject, text })]);
  });

  test("brings a long text, or its beginning", async () => {
    const { notifier, received } = await open();
    const text = `${"0123456789 äöü\n".repeat(20_000)}end`;
    await notifier.notify({ ...message, text });
    const [first] = await received();
    assert.ok(first?.text.replaceAll("\r\n", "\n").startsWith(text.slice(0, 200_000)), "not even the beginning arrived");
  });

  test("says whether trying again may help where it is refused", async () => {
    for (const how of ["later", "forever"] as const) {
      const { notifier, received, refuse } = await open();
      refuse(how);
      await assert.rejects(notifier.notify(message), (error) => {
        assert.ok(HoldfastError.isInstance(error), `it was refused ${how}, and failed with something else than a HoldfastError: ${String(error)}`);
        assert.equal(error.retryable, how === "later", `refused ${how}: ${error.message}`);
        return true;
      });
      assert.deepEqual(await received(), []);
    }
  });

  test("rejects with the signal's reason at once when it is aborted, before or while it waits", async () => {
    const { notifier, stall } = await open();
    const reason = new Error("enough");
    await assert.rejects(notifier.notify(message, { signal: AbortSignal.abort(reason) }), (error) => error === reason);
    stall();
    const stop = new AbortController();
    const waiting = notifier.notify(message, { signal: stop.signal });
    setTimeout(() => stop.abort(reason), 50);
    await assert.rejects(waiting, (error) => error === reason);
  });

  test("shows no secret, printed, as JSON, or in an error", async () => {
    const { notifier, refuse, secrets } = await open();
    refuse("forever");
    const error: unknown = await notifier.notify(message).catch((thrown: unknown) => thrown);
    const seen = [notifier.destination, inspect(notifier, { depth: 10, showHidden: true }), JSON.stringify(notifier), inspect(error, { depth: 10 }), JSON.stringify(error)].join("\n");
    for (const secret of secrets) assert.ok(!seen.includes(secret), "a secret can be seen");
  });
}

/** Mail ends its lines in its own way, and its text with a line's end. */
function plain({ subject, text }: ReceivedNotification): ReceivedNotification {
  return { subject, text: text.replaceAll("\r\n", "\n").trimEnd() };
}
