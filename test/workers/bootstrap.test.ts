import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AwsAccount, s3Storage } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeBundle } from "../../src/composition/bundle/make-bundle.js";
import { userData } from "../../src/workers/bootstrap/user-data.js";

const region = "eu-west-1";
const runtime = '#!/bin/bash\necho "mover ${!#} of $HOLDFAST_WORKER on $HOLDFAST_INSTANCE_ID" > "$PROOF"\nexit "${MOVER_EXIT:-0}"\n';
const bundle = makeBundle([
  { name: "node", body: Buffer.from(runtime), isExecutable: true },
  { name: "mover.mjs", body: Buffer.from("// the program\n"), isExecutable: false },
]);

let folder: string;
let cloud: LocalCloud;
let account: AwsAccount;
let metadata: Server;
let asked: string[] = [];

/** IMDSv2, and no answer to who comes without its token. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-bootstrap-"));
  cloud = await LocalCloud.start({ durable: false });
  const connection = cloud.connection({ region });
  account = new AwsAccount(connection);
  await account.s3(region).send(new CreateBucketCommand({ Bucket: "configuration", CreateBucketConfiguration: { LocationConstraint: region } }));
  const store = await s3Storage({ account, bucket: "configuration", prefix: "holdfast" }).openStore();
  await store.put(`bundles/${bundle.sha256}.tar.gz`, bundle.body);
  const answers: Record<string, string> = {
    "/latest/meta-data/iam/security-credentials/": "worker-role",
    "/latest/meta-data/iam/security-credentials/worker-role": JSON.stringify({ Code: "Success", AccessKeyId: connection.credentials.accessKeyId, SecretAccessKey: connection.credentials.secretAccessKey, Token: "" }, undefined, 2),
    "/latest/meta-data/instance-id": "i-0123456789abcdef0",
  };
  metadata = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(`${request.method ?? ""} ${path}`);
    if (request.method === "PUT" && path === "/latest/api/token" && request.headers["x-aws-ec2-metadata-token-ttl-seconds"] !== undefined) return void response.end("a-token");
    const answer = request.headers["x-aws-ec2-metadata-token"] === "a-token" ? answers[path] : undefined;
    response.statusCode = answer === undefined ? 401 : 200;
    response.end(answer);
  }).listen(0, "127.0.0.1");
  await once(metadata, "listening");
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin", "shutdown"), `#!/bin/bash\necho "$@" >> "${join(folder, "shutdown")}"\n`);
  await chmod(join(folder, "bin", "shutdown"), 0o755);
});
afterAll(async () => {
  metadata.close();
  await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the script as an instance does: with nothing but the system's own tools. */
async function boot(facts: Partial<Parameters<typeof userData>[0]>, environment: Readonly<Record<string, string>> = {}): Promise<{ readonly output: string; readonly proof: string | undefined; readonly shutdown: string }> {
  asked = [];
  const script = userData({ worker: "ab".repeat(16), bucket: "configuration", bucketOwner: await account.accountId(), region, prefix: "holdfast", bundle: `bundles/${bundle.sha256}.tar.gz`, sha256: bundle.sha256, architecture: "x64", maxLifeSeconds: 20, ...facts });
  await writeFile(join(folder, "user-data"), script, { mode: 0o755 });
  await rm(join(folder, "shutdown"), { force: true });
  await rm(join(folder, "proof"), { force: true });
  const { port } = metadata.address() as AddressInfo;
  const child = spawn(join(folder, "user-data"), {
    cwd: folder,
    env: { PATH: `${join(folder, "bin")}:/usr/bin:/bin`, PROOF: join(folder, "proof"), TMPDIR: folder, AWS_ENDPOINT_URL: cloud.endpoint, AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${String(port)}/`, ...environment },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(child, "close");
  const text = async (name: string): Promise<string | undefined> => await readFile(join(folder, name), "utf8").catch(() => undefined);
  return { output, proof: await text("proof"), shutdown: (await text("shutdown")) ?? "" };
}

describe("a worker's first script, in a bare environment", () => {
  it("fetches the data mover as the instance's role, checks it, hands over to it, and ends the machine", async () => {
    const { output, proof, shutdown } = await boot({});
    expect(output).toContain("the data mover ended with 0");
    expect(proof).toMatch(/^mover .*mover\.mjs of (ab){16} on i-0123456789abcdef0\n$/);
    expect(shutdown).toBe("-h now\n");
    expect(asked[0]).toBe("PUT /latest/api/token");
  });

  it("runs no bundle with another digest", async () => {
    const { output, proof, shutdown } = await boot({ sha256: "0".repeat(64) });
    expect(output).toContain("its digest is another");
    expect(proof).toBeUndefined();
    expect(shutdown).toBe("-h now\n");
  });

  it("takes nothing from a bucket of another account", async () => {
    const { output, proof, shutdown } = await boot({ bucketOwner: "999999999999", fetches: 1 });
    expect(output).toContain("the data mover could not be fetched");
    expect(proof).toBeUndefined();
    expect(shutdown).toBe("-h now\n");
  });

  it("ends the machine too where the mover fails", async () => {
    const { output, shutdown } = await boot({}, { MOVER_EXIT: "7" });
    expect(output).toContain("the data mover ended with 7");
    expect(shutdown).toBe("-h now\n");
  });

  it.each([
    ["configuration", "eu-west-1", "https://configuration.s3.eu-west-1.amazonaws.com/holdfast/"],
    // no certificate of S3 covers it otherwise
    ["my.configuration", "eu-west-1", "https://s3.eu-west-1.amazonaws.com/my.configuration/holdfast/"],
    ["configuration", "cn-north-1", "https://configuration.s3.cn-north-1.amazonaws.com.cn/holdfast/"],
  ])("goes for the bucket %s in %s by its own address", async (bucket, of, url) => {
    const spy = join(folder, "spy");
    await mkdir(spy, { recursive: true });
    const answers = `case "$*" in *api/token*) echo token ;; *security-credentials/) echo role ;; *) echo '{"AccessKeyId": "id"}' ;; esac`;
    await writeFile(join(spy, "curl"), `#!/bin/bash\necho "$@" >> "${join(spy, "asked")}"\n${answers}\n`, { mode: 0o755 });
    const { output, shutdown } = await boot({ bucket, region: of }, { AWS_ENDPOINT_URL: "", PATH: `${spy}:${join(folder, "bin")}:/usr/bin:/bin` });
    const last = (await readFile(join(spy, "asked"), "utf8")).trim().split("\n").at(-1) ?? "";
    expect(last).toContain(`${url}bundles/`);
    expect(last).toContain(`-H Host: ${new URL(url).host} `);
    expect(output).toContain("its digest is another");
    expect(shutdown).toBe("-h now\n");
  });

  it("is no longer than EC2 takes, and lets nothing be said in it that is no name", () => {
    const facts = { worker: "a", bucket: "b", bucketOwner: "111122223333", region, prefix: "p", bundle: "x", sha256: "s", architecture: "x64", maxLifeSeconds: 1 };
    expect(Buffer.byteLength(userData(facts))).toBeLessThan(16_384);
    expect(() => userData({ ...facts, prefix: "$(reboot)" })).toThrow(/cannot stand in a script/);
  });
});
