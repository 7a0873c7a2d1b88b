import type { CapturedInstance } from "../../ports/index.js";
import type { InstanceRestoreOptions, NewInstanceOptions } from "../instance/instance-options.js";
import type { RecoveryStep, RecoveryTarget } from "./recovery-document.js";

/** A step's options in a target: what the step says itself, else what the maps make of the original's. */
export function optionsIn(step: RecoveryStep, place: { readonly region: string; readonly target: RecoveryTarget | undefined }, captured: CapturedInstance): Pick<InstanceRestoreOptions, "to"> {
  const { to = {} } = step;
  if (to === "original") return { to };
  const { region, target = {} } = place;
  const [primary] = captured.interfaces;
  const subnetId = mapped(target.subnets, primary?.subnetId);
  const groups = (primary?.securityGroupIds ?? []).map((id) => mapped(target.securityGroups, id));
  const isWhole = groups.length > 0 && groups.every((id) => id !== undefined);
  const keyName = mapped(target.keyNames, captured.keyName);
  const profile = mapped(target.instanceProfiles, captured.instanceProfileArn?.split("/").at(-1));
  const instanceType = mapped(target.instanceTypes, captured.instanceType);
  const translated: NewInstanceOptions = {
    region,
    ...(subnetId !== undefined && { subnetId }),
    ...(isWhole && { securityGroupIds: [...new Set(groups)] }),
    ...(keyName !== undefined && { keyName }),
    ...(profile !== undefined && { iamInstanceProfile: profile }),
    ...(instanceType !== undefined && { instanceType }),
    ...(target.kmsKeyId !== undefined && { kmsKeyId: target.kmsKeyId }),
  };
  return { to: { ...translated, ...to } };
}

function mapped<Value>(map: Readonly<Record<string, Value>> | undefined, key: string | undefined): Value | undefined {
  return map !== undefined && key !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}
