import { DeleteVolumeCommand, DescribeVolumesCommand, DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import type { AwsAccount } from "holdfast";

/** Ends all instances of a region, and removes all volumes. */
export async function terminateAll(account: AwsAccount, region: string): Promise<void> {
  const client = account.ec2(region);
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters: [{ Name: "instance-state-name", Values: ["pending", "running", "stopped"] }] }));
  for (const { Instances = [] } of Reservations) for (const { InstanceId = "" } of Instances) await account.instanceCompute(region).terminate(InstanceId);
  const { Volumes = [] } = await client.send(new DescribeVolumesCommand({}));
  for (const { VolumeId } of Volumes) await client.send(new DeleteVolumeCommand({ VolumeId }));
}
