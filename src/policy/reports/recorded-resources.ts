import * as z from "zod";
import { IntegrityError } from "../../errors/index.js";
import type { SessionRecord } from "../../repository/history/session-record.js";
import type { ResourceResult } from "../session-result.js";

const amount = z.number();
const texts = z.array(z.string()).optional();
/** What reports show of a resource. */
const schema = z.array(
  z.looseObject({
    resource: z.string(),
    kind: z.string(),
    outcome: z.enum(["succeeded", "failed", "skipped"]),
    reason: z.string().optional(),
    error: z.looseObject({ message: z.string(), code: z.string().optional() }).optional(),
    point: z.string().optional(),
    volumes: z.array(z.looseObject({ method: z.string(), fullReason: z.string().optional(), sizeBytes: amount, storedBytes: amount, blocks: z.looseObject({ read: amount, changed: amount }) })),
    replicas: z.array(z.looseObject({ region: z.string() })).optional(),
    caughtUp: z.array(z.looseObject({ region: z.string(), point: z.string() })).optional(),
    archived: texts,
    removed: texts,
    warnings: z.array(z.looseObject({ message: z.string() })),
    attempts: amount,
    startedAt: z.iso.datetime(),
    durationMs: amount,
  }),
);

/** How each resource fared, by a run's record; none of other sessions, and of a run that came to no result. Raises `IntegrityError` where the record says it otherwise than a run writes it. */
export function resourcesOf({ session, result }: Pick<SessionRecord, "session" | "result">): readonly ResourceResult[] {
  const resources = result?.["resources"];
  if (!Array.isArray(resources)) return [];
  const { error } = schema.safeParse(resources);
  if (error === undefined) return resources as readonly ResourceResult[];
  throw new IntegrityError(`The record of session ${session} is damaged: resources.${error.issues[0]?.path.join(".") ?? ""} is not what a run writes. Leave this record out of reports.`, { code: "DamagedStructure", context: { structure: "session record", session } });
}
