import type { CallOptions } from "./compute.js";

/** How an instance is paid for: each has a quota of its own. */
export type WorkerMarket = "on-demand" | "spot";

/** How many virtual processors an account may have running in a region, as far as standard instance types (A, C, D, H, I, M, R, T, Z) go. */
export interface WorkerQuotas {
  /** The account's own quota in the region. */
  vcpuLimit(market: WorkerMarket, options?: CallOptions): Promise<number>;
  /** What of it is in use. */
  vcpusInUse(market: WorkerMarket, options?: CallOptions): Promise<number>;
  /** The virtual processors of instance types that the quotas count; others are left out. */
  vcpusOf(instanceTypes: readonly string[], options?: CallOptions): Promise<ReadonlyMap<string, number>>;
}
