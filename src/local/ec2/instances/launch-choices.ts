import type * as ec2 from "@aws-sdk/client-ec2";
import { acceptOnly } from "../accepted-parameters.js";
import { ec2Error, invalidCombination, invalidValue } from "../ec2-error.js";
import type { InstanceType } from "../instance-types/instance-types.js";
import type { LaunchChoices } from "./instance-record.js";

/** What a launch chooses of an instance's CPU, credits, hibernation, enclave, name, recovery and reservations. */
export function readChoices(input: ec2.RunInstancesRequest, type: InstanceType): LaunchChoices {
  const { CpuOptions: cpu, CreditSpecification: credit, HibernationOptions: hibernation, EnclaveOptions: enclave } = input;
  const { PrivateDnsNameOptions: dns, MaintenanceOptions: maintenance, CapacityReservationSpecification: capacity } = input;
  acceptOnly(cpu ?? {}, ["CoreCount", "ThreadsPerCore"], "CpuOptions.");
  acceptOnly(dns ?? {}, ["HostnameType", "EnableResourceNameDnsARecord"], "PrivateDnsNameOptions.");
  acceptOnly(capacity ?? {}, ["CapacityReservationPreference"], "CapacityReservationSpecification.");
  if (credit?.CpuCredits !== undefined && !type.isBurstable) throw ec2Error("Unsupported", "The request configuration includes the CreditSpecification parameter, which the instance type does not support.");
  if (hibernation?.Configured === true && enclave?.Enabled === true) throw invalidCombination("Hibernation and enclaves cannot be enabled on the same instance");
  return {
    ...(cpu === undefined ? {} : { cpu: readCpu(cpu, type) }),
    ...(credit?.CpuCredits === undefined ? {} : { cpuCredits: oneOf("cpuCredits", credit.CpuCredits, ["standard", "unlimited"]) }),
    ...(hibernation?.Configured === undefined ? {} : { canHibernate: hibernation.Configured }),
    ...(enclave?.Enabled === undefined ? {} : { hasEnclave: enclave.Enabled }),
    ...(dns?.HostnameType === undefined ? {} : { hostnameType: oneOf("hostnameType", dns.HostnameType, ["ip-name", "resource-name"]) }),
    ...(dns?.EnableResourceNameDnsARecord === undefined ? {} : { hasDnsName: dns.EnableResourceNameDnsARecord }),
    ...(maintenance?.AutoRecovery === undefined ? {} : { autoRecovery: oneOf("autoRecovery", maintenance.AutoRecovery, ["default", "disabled"]) }),
    ...(capacity?.CapacityReservationPreference === undefined ? {} : { capacityPreference: oneOf("capacityReservationPreference", capacity.CapacityReservationPreference, ["open", "none"]) }),
  };
}

/** One thread a core is what this cloud's types have by default; two are AWS's own default of most. */
function readCpu({ CoreCount: cores, ThreadsPerCore: threads }: ec2.CpuOptionsRequest, { vcpus, name }: InstanceType): { readonly cores: number; readonly threads: number } {
  if (cores === undefined || threads === undefined) throw invalidCombination("CoreCount and ThreadsPerCore must be specified together");
  if (!Number.isInteger(cores) || cores < 1 || (threads !== 1 && threads !== 2) || cores * threads > vcpus) throw invalidValue(`The CpuOptions of ${String(cores)} cores with ${String(threads)} threads are not supported by ${name}.`);
  return { cores, threads };
}

function oneOf(parameter: string, value: string, allowed: readonly string[]): string {
  if (allowed.includes(value)) return value;
  throw invalidValue(`Value (${value}) for parameter ${parameter} is invalid. Expected: ${allowed.join(", ")}.`);
}
