import * as ec2 from "@aws-sdk/client-ec2";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addRoleToInstanceProfile, createInstanceProfile } from "../iam/instance-profile-operations.js";
import { IamStore } from "../iam/iam-store.js";
import { createRole } from "../iam/role-operations.js";
import { LocalClock } from "../local-clock.js";
import type { Operation, RequestContext } from "../service.js";
import { createEc2Service } from "./create-ec2-service.js";
import { Ec2Tables } from "./ec2-tables.js";
import { BED_ACCOUNT, BED_REGION, Ec2Bed } from "./testing/ec2-bed.js";
import { PlainBlocks } from "./testing/plain-blocks.js";
import { copierAccount } from "./volumes/volume-disposals.js";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "holdfast-ec2-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("EC2 after its process was killed", () => {
  it("finishes what was under way: volumes of a terminated instance go, and half of a copy", async () => {
    const clock = new LocalClock();
    const path = join(directory, "records");
    const blocks = new PlainBlocks(path, clock, 0);
    const facts = { region: BED_REGION, availabilityZone: "eu-west-1a", sizeGib: 1, volumeType: "gp2", encrypted: false, tags: {} };
    const kept = blocks.createVolume({ ...facts, accountId: BED_ACCOUNT });
    const doomed = blocks.createVolume({ ...facts, accountId: BED_ACCOUNT });
    const copier = blocks.createVolume({ ...facts, accountId: copierAccount });
    const [half] = await blocks.createSnapshots([{ volumeId: copier.volumeId, description: "", tags: {} }]);
    blocks.records.commit([new Ec2Tables(blocks.records).disposals.put(doomed.volumeId, {})]);
    blocks.records.close();
    const again = new PlainBlocks(path, clock, 0);
    expect(again.snapshot(half?.snapshotId ?? "")).toBeDefined();
    createEc2Service({ blocks: again, clock });
    expect([...again.volumes()].map((volume) => volume.volumeId)).toEqual([kept.volumeId]);
    expect([...again.snapshots()]).toEqual([]);
    expect(new Ec2Tables(again.records).disposals.size).toBe(0);
    again.records.close();
  });
});

describe("EC2 that dies while it removes an instance's volumes", () => {
  it("has removed them when it is started again", async () => {
    class DyingBlocks extends PlainBlocks {
      override deleteVolume(): void {
        throw new Error("the process dies here");
      }
    }
    const clock = new LocalClock();
    const context = { accountId: BED_ACCOUNT, region: BED_REGION, clock } as RequestContext;
    const path = join(directory, "records");
    const blocks = new DyingBlocks(path, clock, 0);
    const { RunInstances, DescribeImages, TerminateInstances } = createEc2Service({ blocks, clock }).operations;
    const call = async (operation: Operation | undefined, input: object): Promise<unknown> => operation?.(input as never, context);
    const Filters = [{ Name: "architecture", Values: ["x86_64"] }];
    const { Images } = (await call(DescribeImages, { Filters })) as ec2.DescribeImagesResult;
    const { Instances } = (await call(RunInstances, { ImageId: Images?.[0]?.ImageId, MinCount: 1, MaxCount: 1 })) as ec2.Reservation;
    const InstanceIds = [Instances?.[0]?.InstanceId];
    await expect(call(TerminateInstances, { InstanceIds })).rejects.toThrow("the process dies here");
    blocks.records.close();
    const again = new PlainBlocks(path, clock, 0);
    expect([...again.volumes()]).toHaveLength(1);
    createEc2Service({ blocks: again, clock });
    expect([...again.volumes()]).toEqual([]);
    again.records.close();
  });
});

describe("EC2 beside an IAM", () => {
  it("launches with instance profiles that are there, by name or ARN, and with no others", async () => {
    const iam = await IamStore.open(directory);
    const bed = await Ec2Bed.open({ iam });
    try {
      const client = bed.client();
      const context = { accountId: BED_ACCOUNT, clock: bed.clock } as Parameters<typeof createInstanceProfile>[2];
      const { InstanceProfile: profile } = await createInstanceProfile(iam, { InstanceProfileName: "worker" }, context);
      const { Images } = await client.send(new ec2.DescribeImagesCommand({ Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
      const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] };
      const launch = async (IamInstanceProfile: ec2.IamInstanceProfileSpecification): Promise<unknown> =>
        (await client.send(new ec2.RunInstancesCommand({ ImageId: Images?.[0]?.ImageId, MinCount: 1, MaxCount: 1, IamInstanceProfile }))).Instances?.[0]
          ?.IamInstanceProfile;
      const expected = { Arn: profile?.Arn, Id: profile?.InstanceProfileId };
      await expect(launch({ Name: "worker" })).rejects.toThrow("has no associated IAM Roles");
      await createRole(iam, { RoleName: "worker", AssumeRolePolicyDocument: JSON.stringify(trust) }, context);
      await addRoleToInstanceProfile(iam, { InstanceProfileName: "worker", RoleName: "worker" }, context);
      expect(await launch({ Name: "worker" })).toEqual(expected);
      expect(await launch({ Arn: profile?.Arn })).toEqual(expected);
      await expect(launch({ Name: "stranger" })).rejects.toMatchObject({ name: "InvalidParameterValue" });
      await expect(launch({ Name: "worker", Arn: profile?.Arn })).rejects.toMatchObject({ name: "InvalidParameterCombination" });
    } finally {
      await bed.close();
      await iam.close();
    }
  });
});

describe("EC2's encryption by default", () => {
  it("uses the key that the account has chosen, and its own again after a reset", async () => {
    const bed = await Ec2Bed.open();
    try {
      const client = bed.client();
      const keyOfNewVolume = async (): Promise<string | undefined> =>
        (await client.send(new ec2.CreateVolumeCommand({ AvailabilityZone: "eu-west-1a", Size: 1 }))).KmsKeyId;
      expect(await keyOfNewVolume()).toBeUndefined();
      await client.send(new ec2.EnableEbsEncryptionByDefaultCommand({}));
      const own = await keyOfNewVolume();
      const { KmsKeyId: chosen } = await client.send(new ec2.ModifyEbsDefaultKmsKeyIdCommand({ KmsKeyId: "alias/backup" }));
      expect(await keyOfNewVolume()).toBe(chosen);
      expect(chosen).not.toBe(own);
      const foreign = new ec2.ModifyEbsDefaultKmsKeyIdCommand({ KmsKeyId: "arn:aws:kms:us-west-2:111122223333:alias/backup" });
      await expect(client.send(foreign)).rejects.toMatchObject({ name: "InvalidParameterValue" });
      await client.send(new ec2.ResetEbsDefaultKmsKeyIdCommand({}));
      expect(await keyOfNewVolume()).toBe(own);
      await client.send(new ec2.DisableEbsEncryptionByDefaultCommand({}));
      expect(await keyOfNewVolume()).toBeUndefined();
    } finally {
      await bed.close();
    }
  });
});
