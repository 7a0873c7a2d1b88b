import { ConfigurationError } from "../../errors/index.js";
import { optionError } from "../../options/option-error.js";
import type { CallOptions, CapturedInstance, CloudAccount, Compute, InstanceAccount, InstanceCompute } from "../../ports/index.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { InstanceRestoreOptions } from "./instance-options.js";

/** Where volumes are made and exchanged. */
export interface SwapTarget {
  readonly account: InstanceAccount;
  readonly region: string;
  readonly compute: Compute;
  readonly instances: InstanceCompute;
}

/** Where an instance is restored to, and what is known of the one that was backed up. */
export interface InstanceTarget extends SwapTarget {
  readonly accountId: string;
  /** Whether that is the account and the region from which it comes. */
  readonly isHome: boolean;
  readonly captured: CapturedInstance;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Checks that the point is one of an instance and that the account can have instances restored into it. */
export async function findTarget(given: CloudAccount | undefined, point: RestorePoint, options: InstanceRestoreOptions, call: CallOptions): Promise<InstanceTarget> {
  const account = instanceAccount(given);
  const { instance: attributes, resource } = point;
  if (point.kind !== "instance" || attributes === undefined) {
    throw new ConfigurationError(`point: ${point.id} is a restore point of ${point.kind === "instance" ? "an instance of which nothing but its volumes was captured" : `a${point.kind === "image" ? "n" : ""} ${point.kind}`}, ${resource}: restore its volumes (restore.volume).`, {
      code: "NoInstanceInPoint",
      context: { path: "point", restorePoint: point.id, kind: point.kind },
    });
  }
  const [homeAccount = "", homeRegion = ""] = resource.split("/");
  const region = (options.to === "original" ? undefined : options.to.region) ?? homeRegion;
  const accountId = await account.accountId(call);
  const instances = account.instanceCompute(region);
  const isHome = accountId === homeAccount && region === homeRegion;
  if (options.to === "original" && !isHome) {
    throw new ConfigurationError(`to: the original of ${point.id} is in account ${homeAccount}, and these credentials are for ${accountId}: take that account, or restore to a new instance: to: { … }.`, {
      code: "NotTheOriginalAccount",
      context: { path: "to", account: accountId, original: homeAccount },
    });
  }
  return { account, accountId, region, compute: account.compute(region), instances, isHome, captured: instances.readCaptured(attributes), attributes };
}

/** An account that has instances. */
export function instanceAccount(account: CloudAccount | undefined): InstanceAccount {
  if (account !== undefined && "instanceCompute" in account && typeof account.instanceCompute === "function") return account as InstanceAccount;
  throw optionError("account", "is needed to restore an instance, and must have instances, as an AwsAccount has: new Restore({ repository, account }).");
}
