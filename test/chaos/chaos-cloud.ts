import { ConflictError } from "../../src/errors/index.js";
import type { BlockWriter, SnapshotWriterRequest, WorkerAccount } from "../../src/ports/index.js";
import { MemoryCloud } from "../support/memory-cloud.js";
import type { Blocks } from "../support/memory-region.js";
import { MemoryWorkerNetworks, MemoryWorkerQuotas, MemoryWorkerRoles } from "../support/memory-workers.js";
import type { ChaosCompute } from "./chaos-compute.js";
import { seenBy, type Life } from "./life.js";

/** The account in memory, whose snapshots are started by client tokens, as EBS direct has it. */
export class ChaosCloud extends MemoryCloud {
  readonly #started = new Map<string, string>();
  /** What each snapshot held when it was taken. */
  readonly frozen = new Map<string, ReadonlyMap<number, Buffer>>();

  /** Remembers what the new snapshots hold. */
  noteSnapshots(): void {
    for (const [snapshotId, { blocks, description }] of this.in(this.region).snapshots) {
      if (description.volumeId !== "vol-ffffffff" && !this.frozen.has(snapshotId)) this.frozen.set(snapshotId, new Map(blocks));
    }
  }

  override async openSnapshotWriter(request: SnapshotWriterRequest): Promise<BlockWriter<{ readonly snapshotId: string }>> {
    const { snapshots } = this.in(request.region);
    const known = this.#started.get(request.clientToken);
    if (known === undefined) {
      const started = await super.openSnapshotWriter(request);
      this.#started.set(request.clientToken, started.target);
      return this.#writer(started.target);
    }
    const state = snapshots.get(known)?.description.state;
    if (state !== "pending") throw notWritable(known, state);
    return this.#writer(known);
  }

  #writer(target: string): BlockWriter<{ readonly snapshotId: string }> {
    const { snapshots } = this.in(this.region);
    // EBS keeps what any writer with the token has put, and checks at the end that the last one put all of it
    const put = new Set<number>();
    let isCompleted = false;
    const pending = (): Blocks => {
      const found = snapshots.get(target);
      if (found?.description.state !== "pending") throw notWritable(target, found?.description.state);
      return found.blocks as Blocks;
    };
    return {
      target,
      write: async ({ index, data }) => {
        pending().set(index, Buffer.from(data));
        put.add(index);
        await Promise.resolve();
      },
      complete: async () => {
        const blocks = pending();
        if (blocks.size !== put.size) throw new ConflictError(`${target} has other blocks than those that were counted.`, { code: "ProviderRefused" });
        const snapshot = snapshots.get(target);
        isCompleted = true;
        if (snapshot !== undefined) snapshots.set(target, { ...snapshot, description: { ...snapshot.description, state: "completed" } });
        return await Promise.resolve({ snapshotId: target });
      },
      abort: async () => {
        // as EBS direct's writer does: what another writer has completed goes too
        if (!isCompleted) snapshots.delete(target);
        await Promise.resolve();
      },
    };
  }
}

function notWritable(snapshotId: string, state: string | undefined): ConflictError {
  return new ConflictError(`The snapshot ${snapshotId} cannot be written: it is ${state ?? "gone"}.`, { code: "SnapshotNotWritable", context: { snapshotId, ...(state !== undefined && { state }) } });
}

/** The account, as one process sees it. */
export function accountOf(life: Life, cloud: ChaosCloud, workers: ChaosCompute): WorkerAccount {
  const networks = new MemoryWorkerNetworks();
  const roles = new MemoryWorkerRoles();
  const quotas = new MemoryWorkerQuotas();
  return {
    region: cloud.region,
    accountId: async () => await life.call("accountId", async () => await cloud.accountId()),
    compute: (region) => seenBy(life, cloud.compute(region), "ec2"),
    openSnapshotReader: async (request) => seenBy(life, await life.call("openSnapshotReader", async () => await cloud.openSnapshotReader(request)), "reader"),
    openSnapshotWriter: async (request) => seenBy(life, await life.call("openSnapshotWriter", async () => await cloud.openSnapshotWriter(request)), "writer"),
    workerCompute: () => seenBy(life, workers, "workers"),
    workerNetworks: () => networks,
    workerRoles: () => roles,
    workerQuotas: () => quotas,
  };
}
