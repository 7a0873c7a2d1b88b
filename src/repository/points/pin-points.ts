import { ReaderSession } from "../leases/reader-session.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { readRestorePoint } from "./list-restore-points.js";
import { groupNameOf } from "../format/point-id.js";

/** Pins restore points, then looks whether they are there still: in this order, so that no collection misses the pin. */
export async function pinPoints(context: RepositoryContext, ids: readonly string[], options: SignalOptions = {}): Promise<ReaderSession> {
  const session = await ReaderSession.begin(context, ids.map(groupNameOf), options);
  try {
    for (const id of ids) await readRestorePoint(context, id, options);
    return session;
  } catch (error) {
    await session.end();
    throw error;
  }
}
