import { DescribeImagesCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LocalCloud } from "../../../local/index.js";
import { AwsAccount } from "../aws-account.js";

const region = "eu-west-1";
let cloud: LocalCloud;
let account: AwsAccount;
beforeAll(async () => {
  cloud = await LocalCloud.start({ durable: false, limits: { vcpus: 96 } });
  account = new AwsAccount(cloud.connection({ region }));
});
afterAll(async () => {
  await account.close();
  await cloud.close();
});

it("asks for the account's quotas, and counts what runs of each market, and the vCPUs of types that the quotas are about", async () => {
  const ec2 = account.ec2(region);
  const { Images: [image] = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
  const launch = { ImageId: image?.ImageId, MinCount: 1, MaxCount: 1 };
  await ec2.send(new RunInstancesCommand({ ...launch, InstanceType: "m5.large" }));
  await ec2.send(new RunInstancesCommand({ ...launch, InstanceType: "c5.large", CpuOptions: { CoreCount: 1, ThreadsPerCore: 1 } }));
  await ec2.send(new RunInstancesCommand({ ...launch, InstanceType: "c5.xlarge", InstanceMarketOptions: { MarketType: "spot" } }));
  const quotas = account.workerQuotas(region);
  expect([await quotas.vcpuLimit("on-demand"), await quotas.vcpuLimit("spot")]).toEqual([96, 96]);
  expect([await quotas.vcpusInUse("on-demand"), await quotas.vcpusInUse("spot")]).toEqual([3, 4]);
  expect([...(await quotas.vcpusOf(["c5.large", "c5.xlarge", "p3.2xlarge"]))].sort()).toEqual([["c5.large", 2], ["c5.xlarge", 4]]);
});
