import * as ec2 from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Ec2Bed, OTHER_ACCOUNT } from "../testing/ec2-bed.js";

let bed: Ec2Bed;
let client: ec2.EC2Client;
let volumeId: string;

beforeEach(async () => {
  bed = await Ec2Bed.open();
  client = bed.client();
  volumeId = (await client.send(new ec2.CreateVolumeCommand({ AvailabilityZone: "eu-west-1a", Size: 1 }))).VolumeId ?? "";
});

afterEach(async () => {
  await bed.close();
});

async function tag(resources: string | string[], tags: Record<string, string>): Promise<unknown> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return client.send(new ec2.CreateTagsCommand({ Resources: [resources].flat(), Tags }));
}

async function untag(...Tags: ec2.Tag[]): Promise<unknown> {
  return client.send(new ec2.DeleteTagsCommand({ Resources: [volumeId], Tags }));
}

async function tagsOf(id: string): Promise<Record<string, string>> {
  const { Tags } = await client.send(new ec2.DescribeTagsCommand({ Filters: [{ Name: "resource-id", Values: [id] }] }));
  return Object.fromEntries((Tags ?? []).map((one) => [one.Key ?? "", one.Value ?? ""]));
}

describe("tags", () => {
  it("are added, changed and removed, by key or by key and value", async () => {
    await tag(volumeId, { a: "1", b: "2", c: "", d: "4" });
    await tag(volumeId, { a: "one" });
    expect(await tagsOf(volumeId)).toEqual({ a: "one", b: "2", c: "", d: "4" });
    await untag({ Key: "a", Value: "1" }, { Key: "b", Value: "2" }, { Key: "c" }, { Key: "x" });
    expect(await tagsOf(volumeId)).toEqual({ a: "one", d: "4" });
    await untag();
    expect(await tagsOf(volumeId)).toEqual({});
  });

  it("belong to resources of every kind", async () => {
    const { SnapshotId = "" } = await client.send(new ec2.CreateSnapshotCommand({ VolumeId: volumeId }));
    const { Images } = await client.send(new ec2.DescribeImagesCommand({ Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
    const { Instances } = await client.send(new ec2.RunInstancesCommand({ ImageId: Images?.[0]?.ImageId, MinCount: 1, MaxCount: 1 }));
    const { Subnets } = await client.send(new ec2.DescribeSubnetsCommand({}));
    const ids = [volumeId, SnapshotId, Instances?.[0]?.InstanceId ?? "", Subnets?.[0]?.SubnetId ?? ""];
    await tag(ids, { team: "storage" });
    await bed.restart();
    client = bed.client();
    const { Tags } = await client.send(new ec2.DescribeTagsCommand({ Filters: [{ Name: "key", Values: ["team"] }] }));
    expect(Tags?.map((one) => one.ResourceId).sort()).toEqual(ids.sort());
    expect(Tags?.map((one) => one.ResourceType).sort()).toEqual(["instance", "snapshot", "subnet", "volume"]);
    const found = await client.send(new ec2.DescribeSubnetsCommand({ Filters: [{ Name: "tag:team", Values: ["storage"] }] }));
    expect(found.Subnets).toHaveLength(1);
  });

  it("are at most fifty, and within their lengths", async () => {
    await tag(volumeId, Object.fromEntries(Array.from({ length: 50 }, (_value, index) => [`key-${index}`, "x"])));
    await tag(volumeId, { "key-0": "y" });
    await expect(tag(volumeId, { more: "x" })).rejects.toMatchObject({ name: "TagLimitExceeded" });
    await untag();
    await tag(volumeId, { ["k".repeat(128)]: "v".repeat(256) });
    await expect(tag(volumeId, { ["k".repeat(129)]: "" })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(tag(volumeId, { k: "v".repeat(257) })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(tag(volumeId, { "aws:mine": "x" })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(tag(volumeId, { "": "x" })).rejects.toMatchObject({ name: "MissingParameter" });
  });

  it("go to all the resources of a request or to none", async () => {
    await expect(tag([volumeId, "snap-0123456789abcdef0"], { a: "1" })).rejects.toMatchObject({ name: "InvalidSnapshot.NotFound" });
    await expect(tag([volumeId, "thing-1"], { a: "1" })).rejects.toMatchObject({ name: "InvalidID" });
    expect(await tagsOf(volumeId)).toEqual({});
    client = bed.client({ accountId: OTHER_ACCOUNT });
    await expect(tag(volumeId, { a: "1" })).rejects.toMatchObject({ name: "InvalidVolume.NotFound" });
  });

  it("may have any key and value, also those that mean something to programs", async () => {
    const odd = JSON.parse('{"__proto__":"x","constructor":"y","ключ & <ключ>":"日本 \\"x\\"","path/to":"a b+c=d"}') as Record<string, string>;
    await tag(volumeId, odd);
    await bed.restart();
    client = bed.client();
    const { Volumes } = await client.send(new ec2.DescribeVolumesCommand({ VolumeIds: [volumeId] }));
    const entries = (Volumes?.[0]?.Tags ?? []).map((one) => [one.Key, one.Value]);
    expect(entries.sort()).toEqual(Object.entries(odd).sort());
    const found = await client.send(new ec2.DescribeVolumesCommand({ Filters: [{ Name: "tag:__proto__", Values: ["x"] }] }));
    expect(found.Volumes).toHaveLength(1);
  });
});
