import * as z from "zod";
import type { RequestCount } from "../../ports/index.js";
import { recordOf } from "../../options/record-of.js";
import { openPackedJson, sealPackedJson } from "../format/packed-json.js";
import type { KeyRing } from "../keys/key-ring.js";
import type { SealContext } from "../keys/sealed-box.js";

/** How a session ended, or that it runs. `crashed`: its own process did not close the record, for it died or could not write; of a policy's run the next run did, of any other session it is told by whoever reads. */
export type SessionState = "running" | "succeeded" | "failed" | "aborted" | "crashed";

/** What a session was: a policy's run, a restore, a verification, one of locks, or retention by itself. */
export type SessionKind = "policy" | "restore" | "verification" | "locks" | "retention";

export const sessionKinds = ["policy", "restore", "verification", "locks", "retention"] as const satisfies readonly SessionKind[];

/** What a repository keeps of one run of a policy. JSON. */
export interface SessionRecord {
  /** The session's id: in the tags of its snapshots. */
  readonly session: string;
  /** What it was. Absent: a run of a policy. */
  readonly kind?: SessionKind | undefined;
  /** Absent of a session that is about no policy. */
  readonly policy?: string | undefined;
  readonly state: SessionState;
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601; absent while it runs. Of a crashed one: when that was found; of one that is no policy's run, its last sign of life. */
  readonly endedAt?: string | undefined;
  /** Of one that runs and is no policy's run: when its process last said so. ISO 8601. */
  readonly renewedAt?: string | undefined;
  /** Why it failed or was aborted. */
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string | undefined } | undefined;
  /** Its result as JSON (a `SessionResult`), as far as it came. */
  readonly result?: Readonly<Record<string, unknown>> | undefined;
  /** Each attempt that was made of the provider until the session's result was there, by operation and region: through the accounts and stores that it used, also for others in the same process, and for a policy's run by its workers elsewhere. Of a run the same as in its result. */
  readonly requests?: readonly RequestCount[] | undefined;
  /** Its events but for progress, as JSON: the last few thousand. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

const jsonObject = recordOf(z.unknown());
const recordSchema = z.object({
  version: z.literal(1),
  session: z.string().regex(/^[0-9a-f]{32}$/),
  kind: z.enum(["policy", "restore", "verification", "locks", "retention"]).optional(),
  policy: z.string().optional(),
  state: z.enum(["running", "succeeded", "failed", "aborted", "crashed"]),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  renewedAt: z.iso.datetime().optional(),
  error: z.object({ name: z.string(), message: z.string(), code: z.string().optional() }).optional(),
  result: jsonObject.optional(),
  requests: z.array(z.object({ service: z.string(), operation: z.string(), region: z.string(), requests: z.number(), throttled: z.number(), failed: z.number() })).optional(),
  events: z.array(jsonObject),
});

/** Far beyond a run of ten thousand resources. */
const maxRecordBytes = 256 * 2 ** 20;

/** Seals a record (docs/repository-format.md, section 16). */
export async function sealSessionRecord(keys: KeyRing, name: string, record: SessionRecord): Promise<Buffer> {
  return await sealPackedJson(sealOf(keys, name), record);
}

/** Opens a record; raises `IntegrityError` where it is damaged. */
export async function openSessionRecord(keys: KeyRing, name: string, bytes: Buffer): Promise<SessionRecord> {
  const { version: _, ...record } = await openPackedJson(sealOf(keys, name), bytes, maxRecordBytes, (document) => recordSchema.parse(document));
  return record;
}

function sealOf(keys: KeyRing, name: string): SealContext {
  return { key: keys.metadata, repositoryId: keys.repositoryId, name, label: "run" };
}
