import * as ebs from "@aws-sdk/client-ebs";
import * as ec2 from "@aws-sdk/client-ec2";
import * as iam from "@aws-sdk/client-iam";
import * as kms from "@aws-sdk/client-kms";
import * as s3 from "@aws-sdk/client-s3";
import * as sts from "@aws-sdk/client-sts";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalCloud } from "./local-cloud.js";
import type { LocalConnection } from "./local-cloud.js";

const REGION = "us-east-1";
const HOME = "111122223333";
const AWAY = "444455556666";
let cloud: LocalCloud;
let connection: LocalConnection;
let count = 0;
const opened: { destroy(): void }[] = [];

type Session = Pick<LocalConnection, "region" | "endpoint"> & { readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } };

function open<Client extends { destroy(): void }>(kind: new (options: never) => Client, session: Session): Client {
  const client = new kind({ ...session, forcePathStyle: true, maxAttempts: 1 } as never);
  opened.push(client);
  return client;
}

beforeAll(async () => {
  cloud = await LocalCloud.start({ durable: false, limits: { blocks: { visibleAfterMs: 0 } } });
  connection = cloud.connection({ region: REGION, accountId: HOME });
});

afterAll(async () => {
  for (const client of opened) client.destroy();
  await cloud.close();
});

type Statement = Readonly<Record<string, unknown>>;
const document = (...Statement: Statement[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action: string | string[], Resource: string | string[] = "*", Condition?: object): Statement => ({ Effect: "Allow", Action, Resource, ...(Condition && { Condition }) });

/** A session of a new role that has the given statements, and of which its account's administrator is trusted. */
async function sessionWith(statements: Statement[], options: Partial<sts.AssumeRoleRequest> = {}): Promise<Session & { readonly roleArn: string; readonly roleName: string }> {
  count += 1;
  const roleName = `role-${count}`;
  const roles = open(iam.IAMClient, connection);
  const AssumeRolePolicyDocument = document({ Effect: "Allow", Principal: { AWS: HOME }, Action: "sts:AssumeRole" });
  const { Role } = await roles.send(new iam.CreateRoleCommand({ RoleName: roleName, AssumeRolePolicyDocument }));
  if (statements.length > 0) await roles.send(new iam.PutRolePolicyCommand({ RoleName: roleName, PolicyName: "p", PolicyDocument: document(...statements) }));
  const roleArn = Role?.Arn ?? "";
  return { ...(await assume(connection, roleArn, options)), roleArn, roleName };
}

async function assume(from: Session, RoleArn: string, options: Partial<sts.AssumeRoleRequest> = {}): Promise<Session> {
  const { Credentials } = await open(sts.STSClient, from).send(new sts.AssumeRoleCommand({ RoleArn, RoleSessionName: "session", ...options }));
  const credentials = { accessKeyId: Credentials?.AccessKeyId ?? "", secretAccessKey: Credentials?.SecretAccessKey ?? "", sessionToken: Credentials?.SessionToken ?? "" };
  return { region: from.region, endpoint: from.endpoint, credentials };
}

async function makeBucket(name: string, from: Session = connection): Promise<string> {
  await open(s3.S3Client, from).send(new s3.CreateBucketCommand({ Bucket: name }));
  return name;
}

describe("a permissions boundary", () => {
  it("lets nothing through that it does not allow, whatever the role's own policy says, and allows nothing by itself", async () => {
    const roles = open(iam.IAMClient, connection);
    const { Policy } = await roles.send(new iam.CreatePolicyCommand({ PolicyName: "bounds", PolicyDocument: document(allow(["ec2:DescribeVolumes", "s3:ListAllMyBuckets"])) }));
    const AssumeRolePolicyDocument = document({ Effect: "Allow", Principal: { AWS: HOME }, Action: "sts:AssumeRole" });
    const { Role } = await roles.send(new iam.CreateRoleCommand({ RoleName: "bounded", AssumeRolePolicyDocument, PermissionsBoundary: Policy?.Arn }));
    await roles.send(new iam.PutRolePolicyCommand({ RoleName: "bounded", PolicyName: "p", PolicyDocument: document(allow("ec2:*")) }));
    const session = await assume(connection, Role?.Arn ?? "");
    await open(ec2.EC2Client, session).send(new ec2.DescribeVolumesCommand({}));
    await expect(open(ec2.EC2Client, session).send(new ec2.DescribeInstancesCommand({}))).rejects.toMatchObject({ name: "UnauthorizedOperation" });
    await expect(open(s3.S3Client, session).send(new s3.ListBucketsCommand({}))).rejects.toMatchObject({ name: "AccessDenied" });
    const simulated = await roles.send(new iam.SimulatePrincipalPolicyCommand({ PolicySourceArn: Role?.Arn, ActionNames: ["ec2:DescribeVolumes", "ec2:DescribeInstances"] }));
    expect(simulated.EvaluationResults?.map(({ EvalDecision }) => EvalDecision)).toEqual(["allowed", "implicitDeny"]);
    await expect(roles.send(new iam.CreateRoleCommand({ RoleName: "boundless", AssumeRolePolicyDocument, PermissionsBoundary: `arn:aws:iam::${HOME}:policy/not-there` }))).rejects.toMatchObject({ name: "NoSuchEntityException" });
  });
});

describe("a role", () => {
  it("may do nothing without a policy, and each service says so in its own words", async () => {
    const session = await sessionWith([]);
    const Bucket = await makeBucket("closed-bucket");
    const who = `User: arn:aws:sts::${HOME}:assumed-role/${session.roleName}/session is not authorized to perform:`;
    const no = (action: string) => `because no identity-based policy allows the ${action} action`;
    await expect(open(s3.S3Client, session).send(new s3.GetObjectCommand({ Bucket, Key: "k" }))).rejects.toMatchObject({
      name: "AccessDenied",
      message: `${who} s3:GetObject on resource: "arn:aws:s3:::closed-bucket/k" ${no("s3:GetObject")}`,
    });
    await expect(open(ec2.EC2Client, session).send(new ec2.DescribeVolumesCommand({}))).rejects.toMatchObject({
      name: "UnauthorizedOperation",
      message: `You are not authorized to perform this operation. ${who} ec2:DescribeVolumes on resource: * ${no("ec2:DescribeVolumes")}`,
    });
    await expect(open(ebs.EBSClient, session).send(new ebs.ListSnapshotBlocksCommand({ SnapshotId: "snap-0123456789abcdef0" }))).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: `${who} ebs:ListSnapshotBlocks on resource: arn:aws:ec2:${REGION}::snapshot/snap-0123456789abcdef0 ${no("ebs:ListSnapshotBlocks")}`,
    });
    await expect(open(iam.IAMClient, session).send(new iam.GetRoleCommand({ RoleName: session.roleName }))).rejects.toMatchObject({
      name: "AccessDenied",
      message: `${who} iam:GetRole on resource: ${session.roleArn} ${no("iam:GetRole")}`,
    });
    await expect(open(kms.KMSClient, session).send(new kms.CreateKeyCommand({}))).rejects.toMatchObject({ name: "AccessDeniedException" });
    await expect(open(sts.STSClient, session).send(new sts.GetCallerIdentityCommand({}))).resolves.toBeDefined();
  });

  it("may do what its policies allow, on what they name, and never what one denies", async () => {
    const Bucket = await makeBucket("partly-open-bucket");
    const deny = { Effect: "Deny", Action: "s3:*", Resource: "arn:aws:s3:::partly-open-bucket/a/secret*" };
    const client = open(s3.S3Client, await sessionWith([allow(["s3:PutObject", "s3:GetObject"], "arn:aws:s3:::partly-open-bucket/a/*"), deny]));
    await client.send(new s3.PutObjectCommand({ Bucket, Key: "a/1", Body: "x" }));
    await client.send(new s3.GetObjectCommand({ Bucket, Key: "a/1" }));
    await expect(client.send(new s3.PutObjectCommand({ Bucket, Key: "b/1", Body: "x" }))).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(client.send(new s3.DeleteObjectCommand({ Bucket, Key: "a/1" }))).rejects.toThrow("s3:DeleteObject");
    await expect(client.send(new s3.PutObjectCommand({ Bucket, Key: "a/secret", Body: "x" }))).rejects.toThrow("with an explicit deny in an identity-based policy");
  });

  it("needs leave of its own for locks, tags and conditions, and is not told what is missing where it may not list", async () => {
    const Bucket = "bucket-whose-locks-are-hidden";
    await open(s3.S3Client, connection).send(new s3.CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    const put = (options: Partial<s3.PutObjectCommandInput>) => new s3.PutObjectCommand({ Bucket, Key: "k", Body: "x", ...options });
    const lock = { ObjectLockMode: "GOVERNANCE" as const, ObjectLockRetainUntilDate: new Date(Date.now() + 86_400_000) };
    const writer = open(s3.S3Client, await sessionWith([allow("s3:PutObject")]));
    await writer.send(put({}));
    await expect(writer.send(put(lock))).rejects.toThrow("s3:PutObjectRetention");
    await expect(writer.send(put({ Tagging: "a=b" }))).rejects.toThrow("s3:PutObjectTagging");
    await expect(writer.send(put({ IfMatch: '"x"' }))).rejects.toThrow("s3:GetObject");
    const locker = open(s3.S3Client, await sessionWith([allow(["s3:PutObject", "s3:PutObjectRetention"])]));
    await expect(locker.send(put(lock))).resolves.toBeDefined();
    const get = new s3.GetObjectCommand({ Bucket, Key: "missing" });
    await expect(open(s3.S3Client, await sessionWith([allow("s3:GetObject")])).send(get)).rejects.toThrow("s3:ListBucket");
    await expect(open(s3.S3Client, await sessionWith([allow(["s3:GetObject", "s3:ListBucket"])])).send(get)).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  it("is bound by the conditions of its policies: tags, regions, and what a request says", async () => {
    const volumes = open(ec2.EC2Client, connection);
    const TagSpecifications: ec2.TagSpecification[] = [{ ResourceType: "volume", Tags: [{ Key: "engine", Value: "holdfast" }] }];
    const create = new ec2.CreateVolumeCommand({ AvailabilityZone: "us-east-1a", Size: 1, TagSpecifications });
    const { VolumeId: own = "" } = await volumes.send(create);
    const { VolumeId: other = "" } = await volumes.send(new ec2.CreateVolumeCommand({ AvailabilityZone: "us-east-1a", Size: 1 }));
    const session = await sessionWith([
      allow("ec2:DeleteVolume", "*", { StringEquals: { "aws:ResourceTag/engine": "holdfast" } }),
      allow("ec2:CreateVolume", "*", { StringEquals: { "aws:RequestTag/engine": "holdfast", "aws:RequestedRegion": REGION } }),
      allow("ec2:CreateTags", "*", { StringEquals: { "ec2:CreateAction": "CreateVolume" } }),
    ]);
    const client = open(ec2.EC2Client, session);
    await client.send(new ec2.DeleteVolumeCommand({ VolumeId: own }));
    await expect(client.send(new ec2.DeleteVolumeCommand({ VolumeId: other }))).rejects.toThrow(`ec2:DeleteVolume on resource: arn:aws:ec2:${REGION}:${HOME}:volume/${other}`);
    const { VolumeId: made = "" } = await client.send(create);
    await expect(client.send(new ec2.CreateVolumeCommand({ AvailabilityZone: "us-east-1a", Size: 1 }))).rejects.toThrow("ec2:CreateVolume");
    await expect(client.send(new ec2.CreateTagsCommand({ Resources: [made], Tags: [{ Key: "engine", Value: "other" }] }))).rejects.toThrow("ec2:CreateTags");
    const elsewhere = open(ec2.EC2Client, { ...session, region: "us-west-2" });
    await expect(elsewhere.send(new ec2.CreateVolumeCommand({ AvailabilityZone: "us-west-2a", Size: 1, TagSpecifications }))).rejects.toThrow("ec2:CreateVolume");
  });

  it("may have managed policies, and session policies that narrow what it may do", async () => {
    const Bucket = await makeBucket("session-bucket");
    const roles = open(iam.IAMClient, connection);
    const { Policy } = await roles.send(new iam.CreatePolicyCommand({ PolicyName: "objects", PolicyDocument: document(allow("s3:*")) }));
    const session = await sessionWith([]);
    await expect(roles.send(new iam.AttachRolePolicyCommand({ RoleName: session.roleName, PolicyArn: `${Policy?.Arn ?? ""}x` }))).rejects.toMatchObject({ name: "NoSuchEntityException" });
    await roles.send(new iam.AttachRolePolicyCommand({ RoleName: session.roleName, PolicyArn: Policy?.Arn ?? "" }));
    await open(s3.S3Client, session).send(new s3.PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
    const narrow = open(s3.S3Client, await assume(connection, session.roleArn, { Policy: document(allow("s3:GetObject")) }));
    await narrow.send(new s3.GetObjectCommand({ Bucket, Key: "k" }));
    await expect(narrow.send(new s3.PutObjectCommand({ Bucket, Key: "k", Body: "x" }))).rejects.toThrow("because no session policy allows the s3:PutObject action");
  });

  it("is told beforehand what it may do by SimulatePrincipalPolicy", async () => {
    const { roleArn } = await sessionWith([allow("ec2:RunInstances"), { Effect: "Deny", Action: "iam:*", Resource: "*" }]);
    const { EvaluationResults } = await open(iam.IAMClient, connection).send(
      new iam.SimulatePrincipalPolicyCommand({ PolicySourceArn: roleArn, ActionNames: ["ec2:RunInstances", "iam:PassRole", "ebs:GetSnapshotBlock"] }),
    );
    expect(EvaluationResults?.map((result) => [result.EvalActionName, result.EvalDecision])).toEqual([
      ["ec2:RunInstances", "allowed"],
      ["iam:PassRole", "explicitDeny"],
      ["ebs:GetSnapshotBlock", "implicitDeny"],
    ]);
  });

  it("passes only roles that it may pass, and launches only with what it may use", async () => {
    const roles = open(iam.IAMClient, connection);
    const { roleArn, roleName } = await sessionWith([]);
    await roles.send(new iam.CreateInstanceProfileCommand({ InstanceProfileName: "passed" }));
    await roles.send(new iam.AddRoleToInstanceProfileCommand({ InstanceProfileName: "passed", RoleName: roleName }));
    const { Images } = await open(ec2.EC2Client, connection).send(new ec2.DescribeImagesCommand({ Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
    const launch = new ec2.RunInstancesCommand({ ImageId: Images?.[0]?.ImageId, MinCount: 1, MaxCount: 1, IamInstanceProfile: { Name: "passed" } });
    await expect(open(ec2.EC2Client, await sessionWith([allow("ec2:RunInstances")])).send(launch)).rejects.toThrow(`iam:PassRole on resource: ${roleArn}`);
    const toLambda = allow("iam:PassRole", roleArn, { StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" } });
    await expect(open(ec2.EC2Client, await sessionWith([allow("ec2:RunInstances"), toLambda])).send(launch)).rejects.toThrow("iam:PassRole");
    const toEc2 = allow("iam:PassRole", roleArn, { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } });
    await expect(open(ec2.EC2Client, await sessionWith([allow("ec2:RunInstances"), toEc2])).send(launch)).resolves.toBeDefined();
    const noVolumes = allow("ec2:RunInstances", [`arn:aws:ec2:*:*:instance/*`, "arn:aws:ec2:*::image/*", "arn:aws:ec2:*:*:subnet/*", "arn:aws:ec2:*:*:security-group/*", "arn:aws:ec2:*:*:network-interface/*"]);
    await expect(open(ec2.EC2Client, await sessionWith([noVolumes, toEc2])).send(launch)).rejects.toThrow(`:${HOME}:volume/*`);
  });
});

describe("policies of resources", () => {
  it("open a bucket to another account together with the caller's own, and to its own without them", async () => {
    const away = cloud.connection({ region: REGION, accountId: AWAY });
    const Bucket = await makeBucket("shared-bucket", away);
    const [named, allowed, both] = [await sessionWith([]), await sessionWith([allow("s3:*")]), await sessionWith([allow("s3:*")])];
    const Policy = document({ Effect: "Allow", Principal: { AWS: [named.roleArn, both.roleArn] }, Action: "s3:PutObject", Resource: "arn:aws:s3:::shared-bucket/*" });
    await open(s3.S3Client, away).send(new s3.PutBucketPolicyCommand({ Bucket, Policy }));
    const put = new s3.PutObjectCommand({ Bucket, Key: "k", Body: "x" });
    await expect(open(s3.S3Client, named).send(put)).rejects.toThrow("because no identity-based policy allows the s3:PutObject action");
    await expect(open(s3.S3Client, allowed).send(put)).rejects.toThrow("because no resource-based policy allows the s3:PutObject action");
    await expect(open(s3.S3Client, both).send(put)).resolves.toBeDefined();
    const own = await makeBucket("own-bucket");
    const Own = document({ Effect: "Allow", Principal: { AWS: named.roleArn }, Action: "s3:PutObject", Resource: "arn:aws:s3:::own-bucket/*" });
    await open(s3.S3Client, connection).send(new s3.PutBucketPolicyCommand({ Bucket: own, Policy: Own }));
    await expect(open(s3.S3Client, named).send(new s3.PutObjectCommand({ Bucket: own, Key: "k", Body: "x" }))).resolves.toBeDefined();
  });

  it("give a key to its account, whose policies then decide", async () => {
    const { KeyMetadata } = await open(kms.KMSClient, connection).send(new kms.CreateKeyCommand({}));
    const encrypt = new kms.EncryptCommand({ KeyId: KeyMetadata?.Arn, Plaintext: Buffer.from("x") });
    await expect(open(kms.KMSClient, await sessionWith([])).send(encrypt)).rejects.toThrow("because no identity-based policy allows the kms:Encrypt action");
    await expect(open(kms.KMSClient, await sessionWith([allow("kms:Encrypt", KeyMetadata?.Arn)])).send(encrypt)).resolves.toBeDefined();
  });

  it("of trust need the caller's own leave too, unless they name the very caller", async () => {
    const roles = open(iam.IAMClient, cloud.connection({ region: REGION, accountId: AWAY }));
    const trust = (AWS: string) => document({ Effect: "Allow", Principal: { AWS }, Action: "sts:AssumeRole", Condition: { StringEquals: { "sts:ExternalId": "e" } } });
    await roles.send(new iam.CreateRoleCommand({ RoleName: "trusting", AssumeRolePolicyDocument: trust(HOME) }));
    const RoleArn = `arn:aws:iam::${AWAY}:role/trusting`;
    await expect(assume(await sessionWith([]), RoleArn, { ExternalId: "e" })).rejects.toThrow("because no identity-based policy allows the sts:AssumeRole action");
    const allowed = await sessionWith([allow("sts:AssumeRole", RoleArn)]);
    await expect(assume(allowed, RoleArn)).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(assume(allowed, RoleArn, { ExternalId: "e" })).resolves.toBeDefined();
  });
});

describe("an account's administrator", () => {
  it("may do everything but what a test denies", async () => {
    const allowAgain = cloud.deny({ action: "ec2:DescribeRegions", principalArn: `arn:aws:iam::${HOME}:user/administrator` });
    const client = open(ec2.EC2Client, connection);
    await expect(client.send(new ec2.DescribeRegionsCommand({}))).rejects.toMatchObject({ name: "UnauthorizedOperation" });
    allowAgain();
    await expect(client.send(new ec2.DescribeRegionsCommand({}))).resolves.toBeDefined();
  });
});

describe("what comes along with a call", () => {
  const snapshots = allow(["ebs:*", "ec2:CreateTags"]);

  it("is the use of the key where a snapshot is encrypted, and nothing where the key is AWS's own", async () => {
    const KmsKeyArn = (await open(kms.KMSClient, connection).send(new kms.CreateKeyCommand({}))).KeyMetadata?.Arn ?? "";
    const start = async (from: Session, more: Partial<ebs.StartSnapshotRequest> = {}): Promise<string> => (await open(ebs.EBSClient, from).send(new ebs.StartSnapshotCommand({ VolumeSize: 1, ...more }))).SnapshotId ?? "";
    const put = async (from: Session, SnapshotId: string): Promise<unknown> => {
      const BlockData = Buffer.alloc(524_288, 1);
      const Checksum = createHash("sha256").update(BlockData).digest("base64");
      return await open(ebs.EBSClient, from).send(new ebs.PutSnapshotBlockCommand({ SnapshotId, BlockIndex: 0, BlockData, DataLength: BlockData.length, Checksum, ChecksumAlgorithm: "SHA256" }));
    };
    const bare = await sessionWith([snapshots]);
    await start(bare, { Encrypted: true });
    await expect(start(bare, { Encrypted: true, KmsKeyArn })).rejects.toThrow(/not authorized to perform: kms:DescribeKey/);
    const beginner = await sessionWith([snapshots, allow(["kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"], KmsKeyArn), allow("kms:CreateGrant", KmsKeyArn, { Bool: { "kms:GrantIsForAWSResource": "true" } })]);
    const snapshotId = await start(beginner, { Encrypted: true, KmsKeyArn });
    await expect(put(beginner, snapshotId)).rejects.toThrow(/not authorized to perform: kms:Decrypt/);
    await put(await sessionWith([snapshots, allow("kms:Decrypt", KmsKeyArn)]), snapshotId);
    const volumes = allow(["ec2:CreateVolume", "ec2:CreateTags"]);
    const make = async (from: Session): Promise<unknown> => await open(ec2.EC2Client, from).send(new ec2.CreateVolumeCommand({ AvailabilityZone: `${REGION}a`, Size: 1, Encrypted: true, KmsKeyId: KmsKeyArn }));
    await expect(make(await sessionWith([volumes]))).rejects.toThrow(/not authorized to perform: kms:/);
    await make(await sessionWith([volumes, allow("kms:*", KmsKeyArn, { StringEquals: { "kms:ViaService": `ec2.${REGION}.amazonaws.com` } })]));
  });

  it("is the sight of an object's lock", async () => {
    const Bucket = "bucket-whose-locks-are-seen";
    const owner = open(s3.S3Client, connection);
    await owner.send(new s3.CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    const until = new Date(Date.now() + 86_400_000);
    await owner.send(new s3.PutObjectCommand({ Bucket, Key: "k", Body: "text", ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: until }));
    const head = async (...actions: string[]): Promise<string | undefined> => (await open(s3.S3Client, await sessionWith([allow(actions)])).send(new s3.HeadObjectCommand({ Bucket, Key: "k" }))).ObjectLockMode;
    expect(await head("s3:GetObject")).toBeUndefined();
    expect(await head("s3:GetObject", "s3:GetObjectRetention")).toBe("GOVERNANCE");
  });

  it("is noted with each call", async () => {
    const session = await sessionWith([allow("ec2:DescribeVolumes")]);
    const client = open(ec2.EC2Client, session);
    await client.send(new ec2.DescribeVolumesCommand({}));
    await expect(client.send(new ec2.DescribeSnapshotsCommand({}))).rejects.toThrow(/not authorized/);
    const noted = cloud.calls.list().filter(({ principalArn }) => principalArn.includes(`/${session.roleName}/`)).flatMap(({ permissions }) => permissions);
    expect(noted).toEqual([
      { action: "ec2:DescribeVolumes", resource: "*", isAllowed: true },
      { action: "ec2:DescribeSnapshots", resource: "*", isAllowed: false },
    ]);
  });
});
