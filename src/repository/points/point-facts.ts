import { LeastRecentlyUsed } from "../store/least-recently-used.js";
import type { RepositoryContext } from "../repository-context.js";
import { isPointGone } from "./is-point-gone.js";
import { listPointObjects, readRestorePoint, type ListRestorePointsOptions } from "./list-restore-points.js";
import { pointId } from "../format/point-id.js";

/** What of a restore point retention and the care of snapshots ask, run after run. */
export interface PointFacts {
  readonly id: string;
  readonly resource: string;
  readonly policy: string | undefined;
  readonly createdAt: Date;
  readonly lockedUntil: Date | undefined;
  readonly snapshotIds: readonly string[];
  /** Of a copy, the id of the point that it is of. */
  readonly copyOf: string | undefined;
}

/** About 100 MB of them: the points of ten thousand resources with twenty each. */
const maxRemembered = 200_000;

/**
 * The facts of restore points, each read once: a run asks again for all points of its resources, of which one is new. A group is never
 * changed but when it is withdrawn; so what was read stands for as long as the listing shows the same name with the same etag, size and version.
 */
export class PointFactsReader {
  readonly #context: RepositoryContext;
  readonly #remembered: LeastRecentlyUsed<string, PointFacts>;

  /** With `shared`, remembers what that reader does, too. */
  constructor(context: RepositoryContext, shared?: PointFactsReader) {
    this.#context = context;
    this.#remembered = shared === undefined ? new LeastRecentlyUsed(maxRemembered) : shared.#remembered;
  }

  /** As `listRestorePoints`, with one listing and a read of each point that was not met before. */
  async *list(options: ListRestorePointsOptions): AsyncGenerator<PointFacts> {
    for await (const { name, etag, sizeBytes, versionId } of listPointObjects(this.#context, options)) {
      const key = `${name} ${etag} ${String(sizeBytes)} ${versionId ?? ""}`;
      let facts = this.#remembered.get(key);
      if (facts === undefined) {
        try {
          const { id, resource, policy, createdAt, lockedUntil, volumes, copiedFrom } = await readRestorePoint(this.#context, pointId(name), { signal: options.signal, versionId });
          facts = { id, resource, policy, createdAt, lockedUntil, snapshotIds: volumes.flatMap(({ snapshotId }) => snapshotId ?? []), copyOf: copiedFrom?.pointId };
        } catch (error) {
          // removed between the listing and the reading
          if (isPointGone(error)) continue;
          throw error;
        }
        this.#remembered.set(key, facts);
      }
      // without the key of names the listing is of all resources
      if (options.resource === undefined || options.resource === facts.resource) yield facts;
    }
  }
}
