import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { dateSchema, filledText, signalSchema } from "../../options/schemas.js";
import { objectNames, runTimeOf } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isGone } from "../store/store-answers.js";
import { asOfNow } from "./as-of-now.js";
import { isFromTheFuture } from "./from-the-future.js";
import { openSessionRecord, sessionKinds, type SessionKind, type SessionRecord } from "./session-record.js";

/** Which sessions are listed. Without options, all. */
export interface ListSessionsOptions extends SignalOptions {
  /** Only this policy's runs. Oldest first within a policy. */
  readonly policy?: string | undefined;
  /** Only sessions of this kind. */
  readonly kind?: SessionKind | undefined;
  /** Only those begun at or after this time. */
  readonly since?: Date | undefined;
}

const schema = z.strictObject({
  policy: filledText("must be the name of a policy.").optional(),
  kind: z.enum(sessionKinds, { error: `must be one of ${sessionKinds.join(", ")}.` }).optional(),
  since: dateSchema.optional(),
  signal: signalSchema,
});

/** Checks the options; raises `ConfigurationError` naming the path. */
export function checkListSessionsOptions(options: ListSessionsOptions): ListSessionsOptions {
  return checkOptions<ListSessionsOptions>(options, { of: "a list of sessions", schema });
}

/** The records of runs that the repository keeps. A damaged one raises `IntegrityError`. */
export async function* listSessions(context: RepositoryContext, { policy, kind, since, signal }: ListSessionsOptions): AsyncGenerator<SessionRecord> {
  const prefix = policy === undefined ? objectNames.runs : objectNames.policyRuns(context.keys.policyName(policy));
  for await (const { name } of context.store.list(prefix, { signal })) {
    const timeMs = runTimeOf(name);
    if (timeMs === undefined || timeMs < (since?.getTime() ?? 0)) continue;
    try {
      const record = asOfNow(await openSessionRecord(context.keys, name, (await context.store.get(name, { signal })).body), context.clock.now());
      if (kind === undefined || (record.kind ?? "policy") === kind) yield record;
    } catch (error) {
      // removed between the listing and the reading
      if (!isGone(error)) throw error;
    }
  }
}

/** The record of a policy's newest run; `undefined` where there is none. One of the future, which a wrong clock made, would be the newest for years. */
export async function lastSession(context: RepositoryContext, policy: string, options: SignalOptions): Promise<SessionRecord | undefined> {
  let newest: string | undefined;
  const now = context.clock.now();
  for await (const { name } of context.store.list(objectNames.policyRuns(context.keys.policyName(policy)), options)) {
    const timeMs = runTimeOf(name);
    if (timeMs !== undefined && !isFromTheFuture(timeMs, now)) newest = name;
  }
  return newest === undefined ? undefined : await openSessionRecord(context.keys, newest, (await context.store.get(newest, options)).body);
}
