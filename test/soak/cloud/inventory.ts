import { DescribeImagesCommand, DescribeInstancesCommand, DescribeSnapshotsCommand, DescribeVolumesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { ListMultipartUploadsCommand, ListObjectVersionsCommand, S3Client, type ListObjectVersionsCommandOutput } from "@aws-sdk/client-s3";
import type { LocalCloud } from "../../../src/local/index.js";
import { away, buckets, home, type Inventory } from "./requests.js";

/** Lists all that is in the cloud, with AWS's own clients and nothing of the engine. */
export async function takeInventory(cloud: LocalCloud): Promise<Inventory> {
  const volumes: string[] = [];
  const snapshots: string[] = [];
  const images: string[] = [];
  const instances: string[] = [];
  for (const region of [home, away]) {
    const client = new EC2Client({ ...cloud.connection({ region }) });
    for (const { VolumeId } of (await client.send(new DescribeVolumesCommand({}))).Volumes ?? []) volumes.push(VolumeId ?? "");
    for (const { SnapshotId, Description } of (await client.send(new DescribeSnapshotsCommand({ OwnerIds: ["self"] }))).Snapshots ?? []) snapshots.push(`${region} ${SnapshotId ?? ""} ${Description ?? ""}`);
    for (const { ImageId } of (await client.send(new DescribeImagesCommand({ Owners: ["self"] }))).Images ?? []) images.push(`${region} ${ImageId ?? ""}`);
    for (const { Instances = [] } of (await client.send(new DescribeInstancesCommand({}))).Reservations ?? []) for (const { InstanceId, State } of Instances) if (State?.Name !== "terminated") instances.push(InstanceId ?? "");
    client.destroy();
  }
  return { volumes, snapshots, images, instances, ...(await listObjects(cloud)) };
}

/** How many versions of objects there are, and how large they are in sum. */
export async function measureObjects(cloud: LocalCloud): Promise<{ readonly objects: number; readonly storedBytes: number }> {
  const client = s3(cloud);
  let objects = 0;
  let storedBytes = 0;
  for (const Bucket of buckets) {
    for await (const { Versions = [] } of pagesOf(client, Bucket)) {
      objects += Versions.length;
      for (const { Size = 0 } of Versions) storedBytes += Size;
    }
  }
  client.destroy();
  return { objects, storedBytes };
}

async function listObjects(cloud: LocalCloud): Promise<Pick<Inventory, "objects" | "uploads">> {
  const client = s3(cloud);
  const objects: string[] = [];
  const uploads: string[] = [];
  for (const Bucket of buckets) {
    for await (const { Versions = [], DeleteMarkers = [] } of pagesOf(client, Bucket)) {
      for (const { Key } of Versions) objects.push(`${Bucket}/${Key ?? ""}`);
      for (const { Key } of DeleteMarkers) objects.push(`${Bucket}/${Key ?? ""} (delete marker)`);
    }
    for (const { Key } of (await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []) uploads.push(`${Bucket}/${Key ?? ""}`);
  }
  client.destroy();
  return { objects, uploads };
}

async function* pagesOf(client: S3Client, Bucket: string): AsyncGenerator<ListObjectVersionsCommandOutput> {
  for (let next: Pick<ListObjectVersionsCommandOutput, "NextKeyMarker" | "NextVersionIdMarker"> | undefined = {}; next !== undefined; ) {
    const page: ListObjectVersionsCommandOutput = await client.send(new ListObjectVersionsCommand({ Bucket, KeyMarker: next.NextKeyMarker, VersionIdMarker: next.NextVersionIdMarker }));
    yield page;
    next = page.IsTruncated === true ? page : undefined;
  }
}

function s3(cloud: LocalCloud): S3Client {
  return new S3Client({ ...cloud.connection({ region: home }), forcePathStyle: true });
}
