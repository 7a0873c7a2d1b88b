import type { CallOptions, InstanceAccount } from "../../ports/index.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { Repository } from "../../repository/repository.js";
import { findPoint, findSource, type RestoreSource } from "../find-source.js";
import type { SwapTarget } from "../instance/instance-target.js";
import type { ResolvedReplaceVolumeOptions } from "./replace-options.js";

/** Finds what is restored, by default of the present volume's id, and where. */
export async function findReplacement(repository: Repository, account: InstanceAccount, given: RestorePoint | string, options: ResolvedReplaceVolumeOptions, call: CallOptions): Promise<{ readonly source: RestoreSource; readonly target: SwapTarget }> {
  const { region, volumeId } = options;
  const point = typeof given === "string" ? await findPoint(repository, given, call) : given;
  const volume = options.volume ?? (point.volumes.some((one) => one.volumeId === volumeId) ? volumeId : undefined);
  const source = await findSource(repository, point, volume, { signal: call.signal });
  return { source, target: { account, region, compute: account.compute(region), instances: account.instanceCompute(region) } };
}
