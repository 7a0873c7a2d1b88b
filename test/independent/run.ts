import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LocalCloud } from "holdfast/local";

/**
 * Drives the local cloud with clients that share no code with it: boto3 and the AWS command line, from the Python registry,
 * configured by nothing but the environment that they document.
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
      PYTHONDONTWRITEBYTECODE: "1",
    };
    process.exitCode = await run(join(bin, "python"), ["-m", "unittest", "discover", "-v", "-s", folder, "-p", "test_*.py"], environment);
  } finally {
    await cloud.close();
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
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
