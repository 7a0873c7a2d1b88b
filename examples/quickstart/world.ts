import {
  AttachVolumeCommand, CreateSnapshotCommand, DescribeVolumesCommand, RegisterImageCommand, RunInstancesCommand, waitUntilInstanceRunning, waitUntilSnapshotCompleted,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import { CreateBucketCommand, type S3Client } from "@aws-sdk/client-s3";
import type { LocalCloud } from "holdfast/local";

export const region = "us-east-1";
export const bucket = "holdfast-quickstart";
const zone = `${region}a`;
const soon = { maxWaitTime: 30, minDelay: 1, maxDelay: 1 };

/** An instance with its two volumes. */
export interface Server {
  readonly instanceId: string;
  readonly bootVolumeId: string;
  readonly dataVolumeId: string;
}

/** Makes an instance that boots from one image and has another as its data disk, by the calls that AWS would be given too. */
export async function startServer(cloud: LocalCloud, ec2: EC2Client, images: { readonly boot: string; readonly data: string; readonly sizeGib: number }): Promise<Server> {
  const { sizeGib } = images;
  const master = await cloud.volumes.create({ sizeGib, availabilityZone: zone });
  await cloud.volumes.importImage(master, images.boot);
  const { SnapshotId } = await ec2.send(new CreateSnapshotCommand({ VolumeId: master }));
  await waitUntilSnapshotCompleted({ client: ec2, ...soon }, { SnapshotIds: [SnapshotId ?? ""] });
  const { ImageId } = await ec2.send(
    new RegisterImageCommand({ Name: "web", Architecture: "x86_64", RootDeviceName: "/dev/xvda", VirtualizationType: "hvm", BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { SnapshotId } }] }),
  );
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, Placement: { AvailabilityZone: zone },
      TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "web-1" }, { Key: "backup", Value: "gold" }] }],
    }),
  );
  const instanceId = Instances?.[0]?.InstanceId ?? "";
  await waitUntilInstanceRunning({ client: ec2, ...soon }, { InstanceIds: [instanceId] });
  const dataVolumeId = await cloud.volumes.create({ sizeGib, availabilityZone: zone });
  await cloud.volumes.importImage(dataVolumeId, images.data);
  await ec2.send(new AttachVolumeCommand({ Device: "/dev/xvdb", InstanceId: instanceId, VolumeId: dataVolumeId }));
  const { Volumes } = await ec2.send(new DescribeVolumesCommand({ Filters: [{ Name: "attachment.instance-id", Values: [instanceId] }, { Name: "attachment.device", Values: ["/dev/xvda"] }] }));
  return { instanceId, bootVolumeId: Volumes?.[0]?.VolumeId ?? "", dataVolumeId };
}

/** A bucket whose objects can be locked. */
export async function makeBucket(s3: S3Client): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: true }));
}
