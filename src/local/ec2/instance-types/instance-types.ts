import { invalidValue } from "../ec2-error.js";

/** A type of instance, with what DescribeInstanceTypes says of it. */
export interface InstanceType {
  readonly name: string;
  readonly architecture: "x86_64" | "arm64";
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly networkPerformance: string;
  readonly baselineNetworkGbps: number;
  readonly peakNetworkGbps: number;
  readonly baselineEbsMbps: number;
  readonly maximumEbsMbps: number;
  readonly isBurstable: boolean;
}

type Row = readonly [name: string, vcpus: number, memoryGib: number, baselineGbps: number, peakGbps: number, baselineEbsMbps: number, maximumEbsMbps: number];

// https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html and co.html, and https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ebs-optimized.html
const ROWS: readonly Row[] = [
  ["t3.micro", 2, 1, 0.064, 5, 87, 2085],
  ["t3.small", 2, 2, 0.128, 5, 174, 2085],
  ["t3.medium", 2, 4, 0.256, 5, 347, 2085],
  ["t3.large", 2, 8, 0.512, 5, 695, 2780],
  ["t4g.micro", 2, 1, 0.064, 5, 87, 2085],
  ["t4g.small", 2, 2, 0.128, 5, 174, 2085],
  ["t4g.medium", 2, 4, 0.256, 5, 347, 2085],
  ["t4g.large", 2, 8, 0.512, 5, 695, 2780],
  ["m5.large", 2, 8, 0.75, 10, 650, 4750],
  ["m5.xlarge", 4, 16, 1.25, 10, 1150, 4750],
  ["m6i.large", 2, 8, 0.781, 12.5, 650, 10_000],
  ["m7g.large", 2, 8, 0.937, 12.5, 630, 10_000],
  ["c5.large", 2, 4, 0.75, 10, 650, 4750],
  ["c5.xlarge", 4, 8, 1.25, 10, 1150, 4750],
  ["c5.2xlarge", 8, 16, 2.5, 10, 2300, 4750],
  ["c5.4xlarge", 16, 32, 5, 10, 4750, 4750],
  ["c6i.xlarge", 4, 8, 1.562, 12.5, 1250, 10_000],
  ["c6i.2xlarge", 8, 16, 3.125, 12.5, 2500, 10_000],
  ["c6i.4xlarge", 16, 32, 6.25, 12.5, 5000, 10_000],
  ["c6g.large", 2, 4, 0.75, 10, 630, 4750],
  ["c6g.2xlarge", 8, 16, 2.5, 10, 2375, 4750],
  ["c6i.large", 2, 4, 0.781, 12.5, 650, 10_000],
  ["c7g.large", 2, 4, 0.937, 12.5, 630, 10_000],
  ["c7g.xlarge", 4, 8, 1.876, 12.5, 1250, 10_000],
  ["c7g.2xlarge", 8, 16, 3.75, 15, 2500, 10_000],
  ["c7g.4xlarge", 16, 32, 7.5, 15, 5000, 10_000],
  ["c7gn.medium", 1, 2, 3.125, 25, 521, 10_000],
  ["c7gn.large", 2, 4, 6.25, 30, 1042, 10_000],
  ["c7gn.xlarge", 4, 8, 12.5, 40, 2083, 10_000],
];

/** The types that this cloud has. */
export const instanceTypes: readonly InstanceType[] = ROWS.map(([name, vcpus, memoryGib, baselineGbps, peakGbps, baselineEbsMbps, maximumEbsMbps]) => ({
  name,
  architecture: /^[a-z]+\dg/.test(name) ? "arm64" : "x86_64",
  vcpus,
  memoryMib: memoryGib * 1024,
  networkPerformance: `Up to ${peakGbps} Gigabit`,
  baselineNetworkGbps: baselineGbps,
  peakNetworkGbps: peakGbps,
  baselineEbsMbps,
  maximumEbsMbps,
  isBurstable: name.startsWith("t"),
}));

/** The API's own default, m1.small, is of a generation that none of the images here runs on. */
export const defaultInstanceType = "t3.micro";

export function requireInstanceType(name: string): InstanceType {
  const found = instanceTypes.find((candidate) => candidate.name === name);
  if (found === undefined) throw invalidValue(`Invalid value '${name}' for InstanceType.`);
  return found;
}
