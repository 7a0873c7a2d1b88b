import type { Clock, Compute, Random } from "../../ports/index.js";
import type { AwsCalls } from "./aws-calls.js";
import type { EbsPackage } from "./clients/aws-packages.js";
import type { LazyClient } from "./clients/lazy-client.js";
import type { HotRoad } from "./hot/hot-road.js";

/** What the readers and writers of snapshots work with, in one region of one account. */
export interface SnapshotDoorContext {
  readonly ebs: LazyClient<EbsPackage>;
  /** The short road for block reads and writes, where there is one. */
  readonly hot?: HotRoad | undefined;
  readonly region: string;
  /** For whom it is: sessions share what the account is allowed. */
  readonly session?: string | undefined;
  /** Instances, volumes and snapshots of the same account and region. */
  readonly compute: Compute;
  readonly calls: AwsCalls;
  readonly clock: Clock;
  readonly random: Random;
}
