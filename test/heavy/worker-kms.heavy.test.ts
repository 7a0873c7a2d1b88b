import { AddRoleToInstanceProfileCommand, CreateInstanceProfileCommand, CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateKeyCommand, KMSClient, PutKeyPolicyCommand } from "@aws-sdk/client-kms";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AwsAccount, iamPolicies, Policy, Repository, Restore, s3Storage, WorkerPool, type IamRole } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeBundle } from "../../src/composition/bundle/make-bundle.js";
import { noiseBlock } from "../support/backup-world.js";
import { buildMover } from "../support/build-mover.js";

const region = "eu-west-1";
const blockBytes = 524_288;
const pace = { pollMs: 50, beatMs: 300, silentAfterMs: 15_000, helloWithinMs: 60_000, claimWithinMs: 15_000, idleMs: 200 };

let mover: Awaited<ReturnType<typeof buildMover>>;
let folder: string;
let cloud: LocalCloud;
let account: AwsAccount;
let kms: KMSClient;
beforeAll(async () => {
  mover = await buildMover();
  folder = await mkdtemp(join(tmpdir(), "holdfast-kms-"));
  cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false, instances: "run", maxLoggedCalls: 100_000 });
  account = new AwsAccount(cloud.connection({ region }));
  kms = new KMSClient({ ...cloud.connection({ region }), maxAttempts: 1 });
});
afterAll(async () => {
  kms.destroy();
  await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
  await rm(mover.folder, { recursive: true, force: true });
});

async function makeWorkerRole({ name, trust, policy }: IamRole): Promise<void> {
  const iam = account.iam(region);
  await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: name, PolicyDocument: JSON.stringify(policy) }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }));
}

it("a repository's key is unwrapped by the worker's role alone, which nobody else may do", async () => {
  const backup = await account.accountId();
  const kmsKeyArn = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? "";
  const { roles } = iamPolicies({ applianceId: "kms-1", accounts: { backup }, principal: `arn:aws:iam::${backup}:root`, configurationBucket: "configuration", repositories: [{ bucket: "backups", prefix: "gold", kmsKeyArn }], regions: [region] });
  const worker = roles.find(({ kind }) => kind === "worker");
  if (worker === undefined) throw new Error("there is no worker role");
  await makeWorkerRole(worker);
  for (const Bucket of ["backups", "configuration"]) await account.s3(region).send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }));
  const storage = s3Storage({ account, bucket: "backups", prefix: "gold" });
  const repository = await Repository.create({ storage, encryption: { passphrase: "a long enough passphrase" } });
  await repository.keys.add({ kmsKeyId: kmsKeyArn }, { role: "owner" });
  const policy = {
    Version: "2012-10-17",
    Statement: [
      { Sid: "Account", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${backup}:root` }, Action: "kms:*", Resource: "*" },
      { Sid: "WorkersAlone", Effect: "Deny", Principal: "*", Action: "kms:Decrypt", Resource: "*", Condition: { ArnNotEquals: { "aws:PrincipalArn": worker.arn } } },
    ],
  };
  await kms.send(new PutKeyPolicyCommand({ KeyId: kmsKeyArn, Policy: JSON.stringify(policy) }));
  await expect(Repository.open({ storage, encryption: { kmsKeyId: kmsKeyArn } })).rejects.toMatchObject({ code: "AccessDenied" });

  const runtime = `#!/bin/bash\nexport AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true HOLDFAST_PACE='${JSON.stringify(pace)}'\nexec ${process.execPath} ${mover.program}\n`;
  const bundle = makeBundle([{ name: "node", body: Buffer.from(runtime), isExecutable: true }, { name: "mover.mjs", body: Buffer.from("// see node\n"), isExecutable: false }]);
  await writeFile(join(folder, "bundle.tar.gz"), bundle.body);
  const pool = new WorkerPool({ account, configurationBucket: "configuration", applianceId: "kms-1", bundles: { x64: join(folder, "bundle.tar.gz") }, maxWorkers: 1, repositoryKey: { kmsKeyId: kmsKeyArn } }, { pace });
  const data = noiseBlock();
  const volume = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
  await cloud.volumes.write(volume, 7 * blockBytes, data);
  cloud.calls.clear();
  const { resources } = await new Policy({ name: "gold", account, include: [{ volume }], backup: { repository }, workers: pool, retries: 0 }).run();
  const restored = await new Restore({ repository, account, workers: pool }).volume(resources[0]?.point ?? "", { availabilityZone: `${region}b` });
  await pool.close();
  expect((await cloud.volumes.read(restored.volumeId, { offset: 7 * blockBytes, length: blockBytes })).equals(data)).toBe(true);
  expect((await repository.verify({ level: "data" })).findings).toEqual([]);
  const unwrapping = cloud.calls.list({ service: "kms", operation: "Decrypt" });
  expect(unwrapping.length).toBeGreaterThanOrEqual(1);
  for (const { principalArn, errorCode } of unwrapping) expect({ principalArn, errorCode }).toEqual({ principalArn: expect.stringContaining(`:assumed-role/${worker.name}/`) as string, errorCode: undefined });
  // in that account the worker's own permissions were enough, and it asked for nothing else
  const refused = cloud.calls.list().filter(({ principalArn }) => principalArn.includes(`/${worker.name}/`)).flatMap(({ permissions }) => permissions.filter(({ isAllowed }) => !isAllowed));
  expect(refused).toEqual([]);
});
