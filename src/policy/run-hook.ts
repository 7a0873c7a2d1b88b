import { ConflictError } from "../errors/index.js";
import { asError, ownSignal } from "../session/index.js";
import type { HookContext } from "./policy-options.js";
import type { PolicyRun, ResourceAttempts } from "./policy-run.js";
import { errorFacts } from "./session-result.js";

/**
 * Calls a hook and waits for it, but not for longer than it may take: then its signal is aborted and the resource goes on, or fails, without
 * waiting for it. Raises `ConflictError` (`HookFailed`, `HookTimedOut`), unless the policy goes on after a failure: then it is a warning.
 */
export async function runHook(run: PolicyRun, which: "before" | "after", context: Omit<HookContext, "signal" | "policy" | "session">, { warnings }: ResourceAttempts): Promise<void> {
  const { hooks, name } = run.options;
  const hook = hooks[which];
  if (hook === undefined) return;
  const { resource } = context;
  try {
    await withinTime(run, hooks.timeoutMs, `The hook "${which}"`, async (signal) => await hook({ ...context, policy: name, session: run.session.id, signal }));
  } catch (thrown) {
    run.run.signal.throwIfAborted();
    const cause = asError(thrown);
    const error =
      cause instanceof ConflictError && cause.code === "HookTimedOut"
        ? cause
        : new ConflictError(`The hook "${which}" of ${resource} failed: ${cause.message} Correct it, or let the policy go on without it by hooks.onFailure: "continue".`, { code: "HookFailed", retryable: true, context: { resource, hook: which }, cause });
    const willContinue = hooks.onFailure === "continue";
    run.session.emit({ type: "hook:failed", resource, hook: which, error: errorFacts(error), willContinue });
    if (!willContinue) throw error;
    warnings.push({ code: "HookFailed", message: error.message });
  }
}

async function withinTime(run: PolicyRun, timeoutMs: number, what: string, work: (signal: AbortSignal) => Promise<void> | void): Promise<void> {
  const stop = new AbortController();
  const timer = new AbortController();
  const signal = ownSignal([run.run.signal, stop.signal]);
  const timeout = async (): Promise<never> => {
    await run.clock.sleep(timeoutMs, ownSignal([run.run.signal, timer.signal]));
    throw new ConflictError(`${what} took longer than ${String(timeoutMs / 1_000)} seconds and is not waited for. Make it faster, or give it more time by hooks.timeoutSeconds.`, { code: "HookTimedOut", retryable: true });
  };
  const done = (async () => {
    await work(signal);
  })();
  try {
    await Promise.race([done, timeout()]);
  } catch (error) {
    stop.abort(error);
    // what it says after its time is for the log alone
    done.catch((late: unknown) => run.logger.warn("a hook failed after its time was over", { session: run.session.id, error: asError(late).message }));
    throw error;
  } finally {
    timer.abort(new ConflictError("The hook has ended.", { code: "HookEnded" }));
  }
}
