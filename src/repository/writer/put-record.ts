import { ConflictError } from "../../errors/index.js";
import { openRecord } from "../format/record.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isConditionFailed } from "../store/store-answers.js";

/** Puts the record only if its place is free. A place taken by this very run means that a reply was lost. */
export async function putRecord(context: RepositoryContext, name: string, bytes: Buffer, nonce: string, options: SignalOptions): Promise<void> {
  try {
    await context.store.put(name, bytes, { condition: "absent", lock: context.locks?.lockNow(), signal: options.signal });
  } catch (cause) {
    if (!isConditionFailed(cause)) throw cause;
    const { body } = await context.store.get(name, options);
    if (openRecord(context.keys, name, body)?.structure.nonce === nonce) return;
    throw new ConflictError("Another run wrote this volume's next point first. Run it again: what this run stored is not lost.", {
      code: "Fenced",
      retryable: true,
      context: { object: name },
      cause,
    });
  }
}
