import type { CloudAccount } from "./cloud-account.js";
import type { WorkerCompute } from "./worker-compute.js";

/** An account in which workers can be launched: an `AwsAccount`. */
export interface WorkerAccount extends CloudAccount {
  /** Instances for workers in a region. */
  workerCompute(region: string): WorkerCompute;
}
