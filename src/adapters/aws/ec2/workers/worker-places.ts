import type { DescribeSubnetsCommandInput, Subnet } from "@aws-sdk/client-ec2";
import { NotFoundError, ProviderError } from "../../../../errors/index.js";
import type { CallOptions, WorkerArchitecture, WorkerImage, WorkerSubnet } from "../../../../ports/index.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";
import { walkPages } from "../walk-pages.js";

/** The subnets with these ids. */
export async function findSubnets(door: Ec2Door, subnetIds: readonly string[], options: CallOptions): Promise<readonly WorkerSubnet[]> {
  const found = await describe(door, { SubnetIds: [...subnetIds] }, options);
  const missing = subnetIds.filter((id) => !found.some(({ subnetId }) => subnetId === id));
  if (missing.length === 0) return found;
  throw subnetNotFound(missing, door.region);
}

/** The subnets in which an instance is launched that names none: those of the default VPC. */
export async function defaultSubnets(door: Ec2Door, options: CallOptions): Promise<readonly WorkerSubnet[]> {
  return await describe(door, { Filters: [{ Name: "default-for-az", Values: ["true"] }] }, options);
}

async function describe(door: Ec2Door, input: DescribeSubnetsCommandInput, options: CallOptions): Promise<WorkerSubnet[]> {
  const operation = "DescribeSubnets";
  const subnets: WorkerSubnet[] = [];
  const pages = walkPages<Subnet>(operation, async (nextToken) => {
    const answer = await callEc2(
      door,
      {
        operation,
        signal: options.signal,
        translate: (failure) => (failure.code.startsWith("InvalidSubnetI") || failure.code === "InvalidSubnet" ? subnetNotFound(input.SubnetIds ?? [], door.region) : undefined),
      },
      async ({ signal }) => await door.ec2.send((aws) => new aws.DescribeSubnetsCommand({ ...input, ...(nextToken === undefined ? {} : { NextToken: nextToken }) }), { abortSignal: signal }),
    );
    return { items: answer.Subnets ?? [], nextToken: answer.NextToken };
  });
  for await (const { SubnetId: subnetId, VpcId: vpcId, AvailabilityZone: availabilityZone, AvailableIpAddressCount: freeAddresses } of pages) {
    if (subnetId === undefined || vpcId === undefined || availabilityZone === undefined || freeAddresses === undefined) throw invalid(operation, "a subnet without its id, VPC, zone or free addresses");
    subnets.push({ subnetId, vpcId, availabilityZone, freeAddresses });
  }
  return subnets;
}

/** Amazon's own images of Amazon Linux 2023, without its minimal variant, which lacks tools that the bootstrap needs. */
const imageName = "al2023-ami-2023.*";
const awsArchitectures: Readonly<Record<WorkerArchitecture, string>> = { x64: "x86_64", arm64: "arm64" };

/** The newest Amazon Linux 2023. */
export async function newestImage(door: Ec2Door, architecture: WorkerArchitecture, options: CallOptions): Promise<WorkerImage> {
  const operation = "DescribeImages";
  const filters = [
    { Name: "name", Values: [imageName] },
    { Name: "architecture", Values: [awsArchitectures[architecture]] },
    { Name: "state", Values: ["available"] },
  ];
  const { Images: images = [] } = await callEc2(door, { operation, signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.DescribeImagesCommand({ Owners: ["amazon"], Filters: filters }), { abortSignal: signal }));
  const [newest] = images.toSorted((one, other) => (other.CreationDate ?? "").localeCompare(one.CreationDate ?? ""));
  if (newest === undefined) {
    throw new NotFoundError(`${door.region} has no image of Amazon Linux 2023 for ${architecture}: name an image of your own (imageIds) or take another architecture.`, { code: "ImageNotFound", context: { region: door.region, architecture } });
  }
  const { ImageId: imageId, RootDeviceName: rootDeviceName } = newest;
  const root = newest.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === rootDeviceName);
  if (imageId === undefined || rootDeviceName === undefined) throw invalid(operation, "an image without its id or root device");
  return { imageId, rootDeviceName, rootVolumeGib: root?.Ebs?.VolumeSize ?? 0 };
}

/** Which of `instanceTypes` each availability zone offers. */
export async function offeredTypes(door: Ec2Door, instanceTypes: readonly string[], options: CallOptions): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const operation = "DescribeInstanceTypeOfferings";
  const offered = new Map<string, Set<string>>();
  const pages = walkPages(operation, async (nextToken) => {
    const input = { LocationType: "availability-zone" as const, Filters: [{ Name: "instance-type", Values: [...instanceTypes] }], ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
    const answer = await callEc2(door, { operation, signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.DescribeInstanceTypeOfferingsCommand(input), { abortSignal: signal }));
    return { items: answer.InstanceTypeOfferings ?? [], nextToken: answer.NextToken };
  });
  for await (const { Location: zone, InstanceType: type } of pages) {
    if (zone === undefined || type === undefined) continue;
    const types = offered.get(zone) ?? new Set();
    offered.set(zone, types.add(type));
  }
  return offered;
}

function subnetNotFound(subnetIds: readonly string[], region: string): NotFoundError {
  return new NotFoundError(`There is no subnet ${subnetIds.join(", ")} in ${region} for these credentials: check networks["${region}"].subnetIds and the account.`, { code: "SubnetNotFound", context: { subnetIds: [...subnetIds], region } });
}

function invalid(operation: string, what: string): ProviderError {
  return new ProviderError(`ec2:${operation} described ${what}: the endpoint does not speak EC2 as AWS does.`, { code: "InvalidAnswer", service: "ec2", operation });
}
