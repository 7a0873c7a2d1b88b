import { spawn } from "node:child_process";
import { iamPolicies } from "holdfast";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LocalCloud } from "holdfast/local";

/**
 * Drives the local cloud with clients that share no code with it: boto3 and the AWS command line, from the Python registry,
 * configured by nothing but the environment that they document. Roles are held against what others know of AWS.
 */

const folder = fileURLToPath(new URL(".", import.meta.url));
const scratch = await mkdtemp(join(tmpdir(), "holdfast-independent-"));
try {
  const bin = await installClients();
  const cloud = await LocalCloud.start({ directory: join(scratch, "cloud") });
  try {
    const { endpoint, region, credentials } = cloud.connection({ region: "eu-west-1" });
    const environment = {
      PATH: `${bin}:${process.env.PATH ?? ""}`,
      HOME: scratch,
      AWS_ENDPOINT_URL: endpoint,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
      HOLDFAST_ROLES: await writeRoles(),
      PYTHONDONTWRITEBYTECODE: "1",
    };
    process.exitCode = await run(join(bin, "python"), ["-m", "unittest", "discover", "-v", "-s", folder, "-p", "test_*.py"], environment);
  } finally {
    await cloud.close();
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** All roles and templates that there can be, as files; gives their folder. */
async function writeRoles(): Promise<string> {
  const [backup, production, repository, replica] = ["111111111111", "222222222222", "333333333333", "444444444444"] as const;
  const key = (account: string): string => `arn:aws:kms:eu-west-1:${account}:key/11111111-2222-3333-4444-555555555555`;
  const { roles, cloudFormation } = iamPolicies({
    applianceId: "independent-1",
    accounts: { backup, production: [production], repository, replicas: [production, replica] },
    principal: `arn:aws:iam::${backup}:role/product`,
    configurationBucket: "configuration",
    repositories: [{ bucket: "backups", prefix: "gold", kmsKeyArn: key(repository), immutable: true, archive: true }],
    regions: ["eu-west-1", "us-east-1"],
    volumeKmsKeyArns: [key(production), key(replica)],
    rootVolumeKmsKeyArn: key(backup),
    externalId: "an-external-id",
    spot: true,
    features: { networkSetup: true, snapshotLocks: true },
    temporaryWorkerRoles: { permissionsBoundaryArn: `arn:aws:iam::${backup}:policy/workers-boundary` },
  });
  const target = join(scratch, "roles");
  await mkdir(target);
  await writeFile(join(target, "roles.json"), JSON.stringify(roles));
  for (const account of [backup, production, repository, replica]) await writeFile(join(target, `template-${account}.json`), JSON.stringify(cloudFormation(account)));
  return target;
}

/** A Python of its own with the clients in it; gives the folder of its programs. */
async function installClients(): Promise<string> {
  const environment = join(scratch, "python");
  const isMade = await run("python3", ["-m", "venv", environment]);
  if (isMade !== 0) throw new Error("The independent clients need python3 with its module venv: install it (on Debian the package is python3-venv).");
  const bin = join(environment, "bin");
  const isInstalled = await run(join(bin, "pip"), ["install", "--quiet", "--disable-pip-version-check", "-r", join(folder, "requirements.txt")]);
  if (isInstalled !== 0) throw new Error("The independent clients could not be installed: is the Python registry within reach?");
  return bin;
}

async function run(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<number> {
  return await new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { env: environment, stdio: "inherit" });
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve(127);
      else reject(error);
    });
    child.once("close", (code) => {
      resolve(code ?? 1);
    });
  });
}
