import { gbBytes } from "../../prices/s3-prices.js";
import type { RetentionFlag } from "../../retention/retention-plan.js";
import type { Retention } from "../../retention/retention.js";
import type { Ledger } from "./ledger.js";

/** What lies in a repository of the policy's when an estimate is made. */
export interface StoredNow {
  readonly dataBytes: number;
  readonly hotBytes: number;
  /** What a point adds beside its data. */
  readonly pointBytes: number;
  readonly packBytes: number;
  /** Of copies after a resource's first, what each added for all resources together, where there are any. */
  readonly incrementBytes?: number | undefined;
  /** When the points of one resource, which stands for all, were made. */
  readonly pointTimes: readonly Date[];
}

/** Where a repository lies; nothing is paid for a directory. */
export interface StoragePlace {
  readonly region?: string | undefined;
  readonly storageClass?: string | undefined;
}

/** A repository as it goes on: what its points are, and what it stores. */
export class ProjectedStore {
  dataBytes: number;
  hotBytes: number;
  points: Date[];
  readonly #now: StoredNow;

  constructor(now: StoredNow) {
    this.#now = now;
    this.dataBytes = now.dataBytes;
    this.hotBytes = now.hotBytes;
    this.points = [...now.pointTimes];
  }

  /** A point of each resource; gives how many points of each go, and the flags of those that stay. */
  add(at: Date, bytes: number, resources: number, { retention, freedBytes, freedShare }: { readonly retention: Retention | undefined; readonly freedBytes: number; readonly freedShare: number }): { readonly removed: number; readonly flagged: ReadonlyMap<number, readonly RetentionFlag[]> } {
    this.dataBytes += bytes;
    this.hotBytes += resources * this.#now.pointBytes;
    this.points.push(at);
    if (retention === undefined) return { removed: 0, flagged: new Map() };
    const plan = retention.plan(this.points.map((createdAt) => ({ id: createdAt.toISOString(), resource: "", createdAt })), { now: at });
    const gone = new Set(plan.remove.map(({ id }) => id));
    this.points = this.points.filter((createdAt) => !gone.has(createdAt.toISOString()));
    this.dataBytes -= Math.min(this.dataBytes, gone.size * freedBytes);
    this.hotBytes -= Math.min(this.hotBytes, gone.size * resources * this.#now.pointBytes * freedShare);
    return { removed: gone.size, flagged: new Map(plan.keep.map(({ createdAt, flags }) => [Date.parse(createdAt), flags])) };
  }

  charge(ledger: Ledger, item: "repository-storage" | "archive-storage", { region, storageClass = "STANDARD" }: StoragePlace, share: number, overhead: { readonly own: number; readonly standard: number }): void {
    if (region === undefined) return;
    const packs = this.dataBytes / this.#now.packBytes;
    ledger.add({ item, region, detail: storageClass, quantity: ((this.dataBytes + packs * overhead.own) / gbBytes) * share });
    ledger.add({ item, region, detail: "STANDARD", quantity: ((this.hotBytes + packs * overhead.standard) / gbBytes) * share });
  }
}
