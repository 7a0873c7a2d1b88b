import { readGroupState } from "../collect/live-records.js";
import { readStreamHead, type StreamHead } from "../points/read-stream.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { WriterSession } from "./writer-session.js";

/**
 * Reads the stream's head and claims the record after it, with the newest point as the parent. Only then is the parent's group
 * looked at: where it is not withdrawn, no collection takes the parent away as long as the lease lives. A point that was
 * removed is no parent, and what another attempt has outrun is none: the backup reads everything.
 */
export async function claimHead(context: RepositoryContext, session: WriterSession, { stream, group }: { readonly stream: string; readonly group: string }, options: SignalOptions): Promise<StreamHead> {
  const head = await readStreamHead(context, stream, options);
  const claim = { stream, target: head.sequence + 1, group };
  await session.claim({ ...claim, parent: head.point?.structure.sequence ?? null }, options);
  if (head.point === undefined) return head;
  const state = await readGroupState(context, head.point.structure, options);
  if (state === "point" || state === "absent") return head;
  context.logger.info("the stream's newest point was removed, or never was one: the backup does not build on it", { stream });
  await session.claim({ ...claim, parent: null }, options);
  return { ...head, point: undefined };
}
