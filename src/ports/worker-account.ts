import type { CloudAccount } from "./cloud-account.js";
import type { WorkerCompute } from "./worker-compute.js";
import type { WorkerNetworks } from "./worker-network.js";
import type { WorkerQuotas } from "./worker-quotas.js";
import type { WorkerRoles } from "./worker-roles.js";

/** An account in which workers can be launched: an `AwsAccount`. */
export interface WorkerAccount extends CloudAccount {
  /** Instances for workers in a region. */
  workerCompute(region: string): WorkerCompute;
  /** Networks of workers in a region. */
  workerNetworks(region: string): WorkerNetworks;
  /** What a region lets the account run, for `preflight`. */
  workerQuotas(region: string): WorkerQuotas;
  /** Roles that are made for one worker each. */
  workerRoles(): WorkerRoles;
}
