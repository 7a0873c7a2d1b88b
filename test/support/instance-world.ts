import * as ec2 from "@aws-sdk/client-ec2";
import { AddRoleToInstanceProfileCommand, CreateInstanceProfileCommand, CreateRoleCommand } from "@aws-sdk/client-iam";
import { AwsAccount, directoryStorage, Policy, Repository, type RestorePoint } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hastyClock } from "./hasty-clock.js";

export const home = "eu-west-1";
export const away = "eu-north-1";
export const homeAccount = "111122223333";
export const otherAccount = "444455556666";
export const secret = "#!/bin/sh\nexport TOKEN=hush-hush\n";
const blockBytes = 524_288;

/** An instance with much of what RunInstances can set, in a cloud of its own, and a restore point of it. */
export interface InstanceWorld {
  readonly cloud: LocalCloud;
  readonly account: AwsAccount;
  readonly repository: Repository;
  readonly instanceId: string;
  readonly point: RestorePoint;
  /** What the volumes held when they were backed up, by device. */
  readonly content: ReadonlyMap<string, Buffer>;
  readonly client: (options?: { readonly region?: string; readonly accountId?: string }) => AwsAccount;
  readonly close: () => Promise<void>;
}

export interface InstanceWorldOptions {
  readonly image?: "linux" | "licensed";
  /** Whether it is as plain as can be: quicker. */
  readonly isPlain?: boolean;
  /** Snapshots that the policy keeps. Default: none. */
  readonly snapshots?: number;
  /** Blocks of data that each volume has. Default: one. */
  readonly blocks?: number;
}

export async function openInstanceWorld({ image = "linux", isPlain = false, snapshots = 0, blocks = 1 }: InstanceWorldOptions = {}): Promise<InstanceWorld> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-instance-"));
  const cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false });
  const accounts: AwsAccount[] = [];
  const client = ({ region = home, accountId = homeAccount } = {}): AwsAccount => {
    const account = new AwsAccount({ ...cloud.connection({ region, accountId }), clock: hastyClock, limits: { baseDelayMs: 1, maxDelayMs: 20 } });
    accounts.push(account);
    return account;
  };
  const account = client();
  const instanceId = await launch(account, image, isPlain);
  const content = new Map<string, Buffer>();
  for (const { deviceName, volumeId } of (await account.instanceCompute(home).find(instanceId))?.volumes ?? []) {
    const bytes = randomBytes(blockBytes);
    await cloud.volumes.write(volumeId, 3 * blockBytes, bytes);
    content.set(deviceName, bytes);
    for (let more = 1; more < blocks; more++) await cloud.volumes.write(volumeId, (3 + more) * blockBytes, Buffer.alloc(blockBytes, `block ${String(more)} of ${deviceName} `));
  }
  const repository = await Repository.create({ storage: directoryStorage(join(folder, "repository")), encryption: "none" });
  const { resources } = await new Policy({ name: "gold", account, include: [{ instance: instanceId }], snapshots: { keep: snapshots }, backup: { repository, auditBlocks: 0 } }).run();
  const [made] = resources;
  if (made?.outcome !== "succeeded" || made.point === undefined) throw new Error(JSON.stringify(resources));
  const point = await repository.restorePoint(made.point);
  const close = async (): Promise<void> => {
    for (const opened of accounts) await opened.close();
    await cloud.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { cloud, account, repository, instanceId, point, content, client, close };
}

async function launch(account: AwsAccount, image: "linux" | "licensed", isPlain: boolean): Promise<string> {
  const client = account.ec2(home);
  const owner = image === "linux" ? "amazon" : "aws-marketplace";
  const { Images = [] } = await client.send(new ec2.DescribeImagesCommand({ Owners: [owner], Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
  const [found] = Images;
  const tags = [{ Key: "Name", Value: "web" }, { Key: "team", Value: "blue" }];
  const rich = isPlain ? {} : await richSettings(account);
  const { Instances } = await client.send(
    new ec2.RunInstancesCommand({
      ImageId: found?.ImageId,
      InstanceType: "t3.small",
      MinCount: 1,
      MaxCount: 1,
      UserData: Buffer.from(secret).toString("base64"),
      TagSpecifications: [{ ResourceType: "instance", Tags: tags }],
      ...rich,
      BlockDeviceMappings: [
        { DeviceName: found?.RootDeviceName, Ebs: { VolumeSize: 8, VolumeType: "gp3", Iops: 4000, Throughput: 250 } },
        { DeviceName: "/dev/sdf", Ebs: { VolumeSize: 1, VolumeType: "gp2", DeleteOnTermination: false } },
      ],
    }),
  );
  const instanceId = Instances?.[0]?.InstanceId ?? "";
  const now = await account.instanceCompute(home).waitUntilRunning(instanceId);
  for (const { volumeId, deviceName } of now.volumes) await client.send(new ec2.CreateTagsCommand({ Resources: [volumeId], Tags: [{ Key: "of", Value: deviceName }] }));
  if (isPlain) return instanceId;
  const [, second] = now.interfaces;
  await client.send(new ec2.ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: second?.interfaceId, SourceDestCheck: { Value: false } }));
  const { AllocationId } = await client.send(new ec2.AllocateAddressCommand({}));
  await client.send(new ec2.AssociateAddressCommand({ AllocationId, InstanceId: instanceId }));
  return instanceId;
}

/** Two interfaces with addresses of their own, a key, a profile, and no setting as it is by default. */
async function richSettings(account: AwsAccount): Promise<Partial<ec2.RunInstancesCommandInput>> {
  const client = account.ec2(home);
  await client.send(new ec2.ImportKeyPairCommand({ KeyName: "admin", PublicKeyMaterial: Buffer.from("ssh-ed25519 AAAA") }));
  const iam = account.iam(home);
  const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] };
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "web" }));
  await iam.send(new CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: "web", RoleName: "web" }));
  const { Subnets = [] } = await client.send(new ec2.DescribeSubnetsCommand({ Filters: [{ Name: "availability-zone", Values: [`${home}b`] }] }));
  const [subnet] = Subnets;
  const { GroupId } = await client.send(new ec2.CreateSecurityGroupCommand({ GroupName: "web", Description: "web", VpcId: subnet?.VpcId }));
  const base = (subnet?.CidrBlock ?? "").split(".").slice(0, 3).join(".");
  const third = Number((subnet?.CidrBlock ?? "").split(".")[2]);
  const prefix = (subnet?.CidrBlock ?? "").split(".").slice(0, 2).join(".");
  const address = (host: number): string => (base === "" ? "" : `${prefix}.${String(third)}.${String(host)}`);
  return {
    KeyName: "admin",
    IamInstanceProfile: { Name: "web" },
    EbsOptimized: true,
    Monitoring: { Enabled: true },
    DisableApiTermination: true,
    InstanceInitiatedShutdownBehavior: "terminate",
    CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 },
    CreditSpecification: { CpuCredits: "standard" },
    MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 3, InstanceMetadataTags: "enabled" },
    PrivateDnsNameOptions: { HostnameType: "resource-name", EnableResourceNameDnsARecord: true },
    MaintenanceOptions: { AutoRecovery: "disabled" },
    CapacityReservationSpecification: { CapacityReservationPreference: "none" },
    HibernationOptions: { Configured: true },
    NetworkInterfaces: [
      { DeviceIndex: 0, SubnetId: subnet?.SubnetId, Groups: GroupId === undefined ? [] : [GroupId], Description: "front", PrivateIpAddresses: [{ PrivateIpAddress: address(40), Primary: true }, { PrivateIpAddress: address(41), Primary: false }] },
      { DeviceIndex: 1, SubnetId: subnet?.SubnetId, Groups: GroupId === undefined ? [] : [GroupId], Description: "back", PrivateIpAddress: address(50), DeleteOnTermination: true },
    ],
  };
}

/** Everything that a restore leaves marked and neither in use nor done, in a region. */
export async function leftovers(account: AwsAccount, region: string): Promise<string[]> {
  const client = account.ec2(region);
  const filters = { Filters: [{ Name: "tag-key", Values: ["holdfast:restore"] }] };
  const { Tags = [] } = await client.send(new ec2.DescribeTagsCommand({ Filters: [{ Name: "key", Values: ["holdfast:restore-part"] }] }));
  const pending = Tags.filter(({ Value }) => Value?.startsWith("done") !== true).map(({ ResourceId, Value }) => `${ResourceId ?? ""} ${Value ?? ""}`);
  const { Snapshots = [] } = await client.send(new ec2.DescribeSnapshotsCommand({ OwnerIds: ["self"], ...filters }));
  const { Images = [] } = await client.send(new ec2.DescribeImagesCommand({ Owners: ["self"] }));
  const gone = new Set<string>();
  const { Reservations = [] } = await client.send(new ec2.DescribeInstancesCommand({ Filters: [{ Name: "instance-state-name", Values: ["terminated", "shutting-down"] }] }));
  for (const { Instances = [] } of Reservations) for (const { InstanceId } of Instances) gone.add(InstanceId ?? "");
  return [...pending.filter((text) => !gone.has(text.split(" ")[0] ?? "")), ...Snapshots.map(({ SnapshotId }) => SnapshotId ?? ""), ...Images.map(({ ImageId }) => ImageId ?? "")];
}
