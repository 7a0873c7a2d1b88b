import type * as ec2 from "@aws-sdk/client-ec2";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidCombination } from "../ec2-error.js";
import type { FilterReaders } from "../filters.js";
import { takePage } from "../listing.js";
import { instanceTypes } from "./instance-types.js";
import type { InstanceType } from "./instance-types.js";

type DescribedType = ec2.InstanceTypeInfo & { readonly Tags?: undefined };

const readers: FilterReaders<DescribedType> = {
  "bare-metal": (type) => type.BareMetal,
  "burstable-performance-supported": (type) => type.BurstablePerformanceSupported,
  "current-generation": (type) => type.CurrentGeneration,
  "ebs-info.ebs-optimized-support": (type) => type.EbsInfo?.EbsOptimizedSupport,
  "ebs-info.nvme-support": (type) => type.EbsInfo?.NvmeSupport,
  hypervisor: (type) => type.Hypervisor,
  "instance-storage-supported": (type) => type.InstanceStorageSupported,
  "instance-type": (type) => type.InstanceType,
  "memory-info.size-in-mib": (type) => type.MemoryInfo?.SizeInMiB,
  "network-info.network-performance": (type) => type.NetworkInfo?.NetworkPerformance,
  "processor-info.supported-architecture": (type) => type.ProcessorInfo?.SupportedArchitectures,
  "supported-root-device-type": (type) => type.SupportedRootDeviceTypes,
  "supported-usage-class": (type) => type.SupportedUsageClasses,
  "supported-virtualization-type": (type) => type.SupportedVirtualizationTypes,
  "vcpu-info.default-vcpus": (type) => type.VCpuInfo?.DefaultVCpus,
};

export function describeInstanceTypes(_environment: Ec2Environment, input: ec2.DescribeInstanceTypesRequest): ec2.DescribeInstanceTypesResult {
  const { InstanceTypes: asked = [], MaxResults: maxResults } = input;
  if (asked.length > 0 && maxResults !== undefined) {
    throw invalidCombination("The parameter InstanceTypes cannot be used with the parameter MaxResults");
  }
  const unknown = asked.filter((name) => !instanceTypes.some((type) => type.name === name));
  if (unknown.length > 0) {
    throw ec2Error("InvalidInstanceType", `The following supplied instance types do not exist: [${unknown.join(", ")}]`);
  }
  const wanted = instanceTypes.filter((type) => asked.length === 0 || asked.some((name) => name === type.name));
  const { items, nextToken } = takePage<DescribedType>({
    items: wanted.map(describeType),
    idOf: (type) => type.InstanceType ?? "",
    filters: input.Filters,
    readers,
    maxResults,
    nextToken: input.NextToken,
  });
  return { InstanceTypes: items, NextToken: nextToken };
}

/** EBS throughput is told in megabytes, bandwidth in megabits. */
const BITS_PER_BYTE = 8;

function describeType(type: InstanceType): DescribedType {
  return {
    InstanceType: type.name as ec2._InstanceType,
    CurrentGeneration: true,
    FreeTierEligible: false,
    SupportedUsageClasses: ["on-demand", "spot"],
    SupportedRootDeviceTypes: ["ebs"],
    SupportedVirtualizationTypes: ["hvm"],
    BareMetal: false,
    Hypervisor: "nitro",
    ProcessorInfo: { SupportedArchitectures: [type.architecture] },
    VCpuInfo: { DefaultVCpus: type.vcpus, DefaultCores: type.vcpus, DefaultThreadsPerCore: 1 },
    MemoryInfo: { SizeInMiB: type.memoryMib },
    InstanceStorageSupported: false,
    EbsInfo: {
      EbsOptimizedSupport: "default",
      EncryptionSupport: "supported",
      NvmeSupport: "required",
      EbsOptimizedInfo: {
        BaselineBandwidthInMbps: type.baselineEbsMbps,
        BaselineThroughputInMBps: type.baselineEbsMbps / BITS_PER_BYTE,
        MaximumBandwidthInMbps: type.maximumEbsMbps,
        MaximumThroughputInMBps: type.maximumEbsMbps / BITS_PER_BYTE,
      },
    },
    NetworkInfo: {
      NetworkPerformance: type.networkPerformance,
      MaximumNetworkCards: 1,
      DefaultNetworkCardIndex: 0,
      NetworkCards: [
        {
          NetworkCardIndex: 0,
          NetworkPerformance: type.networkPerformance,
          BaselineBandwidthInGbps: type.baselineNetworkGbps,
          PeakBandwidthInGbps: type.peakNetworkGbps,
        },
      ],
      Ipv6Supported: true,
      EnaSupport: "required",
      EfaSupported: false,
      EncryptionInTransitSupported: false,
    },
    HibernationSupported: false,
    BurstablePerformanceSupported: type.isBurstable,
    DedicatedHostsSupported: false,
    AutoRecoverySupported: true,
    SupportedBootModes: type.architecture === "arm64" ? ["uefi"] : ["legacy-bios", "uefi"],
  };
}
