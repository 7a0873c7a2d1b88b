import * as ec2 from "@aws-sdk/client-ec2";
import * as iam from "@aws-sdk/client-iam";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LocalCloud } from "../local-cloud.js";

const REGION = "eu-west-1";
const ACCOUNT = "111122223333";
let directory: string;
let cloud: LocalCloud;
let client: ec2.EC2Client;
let roles: iam.IAMClient;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "holdfast-instances-"));
  await start();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await stop();
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<void> {
  cloud = await LocalCloud.start({ directory, durable: false, instances: "run" });
  const connection = { ...cloud.connection({ region: REGION }), maxAttempts: 1 };
  client = new ec2.EC2Client(connection);
  roles = new iam.IAMClient(connection);
}

async function stop(): Promise<void> {
  client.destroy();
  roles.destroy();
  await cloud.close();
}

async function run(userData: string, options: Partial<ec2.RunInstancesRequest> = {}): Promise<string> {
  const { Images } = await client.send(new ec2.DescribeImagesCommand({ Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
  const UserData = Buffer.from(userData).toString("base64");
  const launch = new ec2.RunInstancesCommand({ ImageId: Images?.[0]?.ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, UserData, ...options });
  return (await client.send(launch)).Instances?.[0]?.InstanceId ?? "";
}

async function describeOne(instanceId: string): Promise<ec2.Instance | undefined> {
  return (await client.send(new ec2.DescribeInstancesCommand({ InstanceIds: [instanceId] }))).Reservations?.[0]?.Instances?.[0];
}

async function stateOf(instanceId: string): Promise<string | undefined> {
  return (await describeOne(instanceId))?.State?.Name;
}

/** Waits until a condition holds; fails the test where it never does. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error("what was waited for did not come");
    await delay(15);
  }
}

const says = (instanceId: string, text: string) => until(async () => (await cloud.instances.console(instanceId)).includes(text));
const becomes = (instanceId: string, state: string) => until(async () => (await stateOf(instanceId)) === state);

async function makeRole(name: string, policy?: object): Promise<string> {
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" } });
  await roles.send(new iam.CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument }));
  if (policy !== undefined) {
    await roles.send(new iam.PutRolePolicyCommand({ RoleName: name, PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: policy }) }));
  }
  await roles.send(new iam.CreateInstanceProfileCommand({ InstanceProfileName: name }));
  await roles.send(new iam.AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }));
  return name;
}

/** A script of JavaScript, which needs nothing but what the tests have. */
const script = (body: string) => `#!${process.execPath}\n(async () => {\n${body}\n})().catch((error) => { console.log(error); process.exitCode = 1; });\n`;
const modulePath = (name: string) => JSON.stringify(createRequire(import.meta.url).resolve(name));

describe("an instance", () => {
  it("runs its user data with nothing of this process's environment, and what it writes is its console output", async () => {
    vi.stubEnv("SECRET_OF_THE_TEST", "yes");
    const id = await run(`#!/bin/sh -e\nenv | cut -d= -f1 | sort | tr '\\n' ' '\necho\npwd\necho oops >&2\nexit 3\n`);
    await says(id, "user data ended: exit code 3");
    const { Output = "" } = await client.send(new ec2.GetConsoleOutputCommand({ InstanceId: id }));
    const console = Buffer.from(Output, "base64").toString();
    expect(console.split("\n").slice(0, 3)).toEqual([
      expect.stringMatching(/^AWS_EC2_METADATA_SERVICE_ENDPOINT AWS_ENDPOINT_URL HOLDFAST_LOCAL_INSTANCE HOME LANG PATH PWD ?(SHLVL )?TMPDIR ?(_ )?$/),
      join(directory, "instances", id, "home"),
      "oops",
    ]);
    await becomes(id, "running");
    expect(await cloud.instances.alive()).toEqual([]);
  });

  it("learns of itself by the second version of the metadata service, with a token", async () => {
    const profile = await makeRole("worker");
    const id = await run(
      script(`
        const base = process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT;
        const bare = await fetch(base + "/latest/meta-data/instance-id");
        const token = await (await fetch(base + "/latest/api/token", { method: "PUT", headers: { "x-aws-ec2-metadata-token-ttl-seconds": "60" } })).text();
        const get = async (path) => (await fetch(base + "/latest/" + path, { headers: { "x-aws-ec2-metadata-token": token } })).text();
        const credentials = JSON.parse(await get("meta-data/iam/security-credentials/worker"));
        console.log("RESULT " + JSON.stringify({
          bare: bare.status, id: await get("meta-data/instance-id"), zone: await get("meta-data/placement/availability-zone"), region: await get("meta-data/placement/region"),
          type: await get("meta-data/instance-type"), address: await get("meta-data/local-ipv4"), role: await get("meta-data/iam/security-credentials/"),
          tag: await get("meta-data/tags/instance/team"), document: JSON.parse(await get("dynamic/instance-identity/document")), code: credentials.Code,
          hours: Math.round((Date.parse(credentials.Expiration) - Date.now()) / 3600000), script: (await get("user-data")).slice(0, 2),
          none: (await fetch(base + "/latest/meta-data/spot/instance-action", { headers: { "x-aws-ec2-metadata-token": token } })).status,
        }));`),
      {
        IamInstanceProfile: { Name: profile },
        MetadataOptions: { HttpTokens: "required", InstanceMetadataTags: "enabled" },
        TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "team", Value: "storage" }] }],
      },
    );
    await says(id, "user data ended");
    const result = JSON.parse(/RESULT (.*)/.exec(await cloud.instances.console(id))?.[1] ?? "{}") as Record<string, unknown>;
    const { PrivateIpAddress: address } = (await describeOne(id)) ?? {};
    expect(result).toMatchObject({ bare: 401, id, zone: "eu-west-1a", region: REGION, type: "t3.micro", address, role: "worker", tag: "storage" });
    expect(result).toMatchObject({ code: "Success", hours: 6, script: "#!", none: 404, document: { instanceId: id, accountId: ACCOUNT, region: REGION } });
  });

  it("is its role to AWS's own client, which finds everything by itself", async () => {
    await makeRole("worker", { Effect: "Allow", Action: "ec2:DescribeVolumes", Resource: "*" });
    const id = await run(
      script(`
        // The client of AWS knows metadata, endpoint and credentials from the environment alone.
        const { STSClient, GetCallerIdentityCommand } = require(${modulePath("@aws-sdk/client-sts")});
        const { Arn } = await new STSClient({ region: "${REGION}" }).send(new GetCallerIdentityCommand({}));
        console.log("I am " + Arn);`),
      { IamInstanceProfile: { Name: "worker" } },
    );
    await says(id, `I am arn:aws:sts::${ACCOUNT}:assumed-role/worker/${id}`);
  });

  it("is gone with all that it began when it is terminated", async () => {
    const id = await run(`#!/bin/sh\ntrap '' TERM\nsetsid sleep 1000 &\nsleep 1000 &\necho begun\nwait\n`);
    await says(id, "begun");
    expect(await cloud.instances.alive()).toEqual([id]);
    await client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(["shutting-down", "terminated"]).toContain(await stateOf(id));
    await becomes(id, "terminated");
    expect(processesIn(id)).toEqual([]);
    expect(await cloud.instances.alive()).toEqual([]);
    expect(existsSync(join(directory, "instances", id, "home"))).toBe(false);
    expect(await cloud.instances.console(id)).toContain("begun");
  });

  it("ends itself by shutdown, as it was launched to do", async () => {
    const terminating = await run(`#!/bin/sh\nshutdown -h now\nsleep 1000\n`, { InstanceInitiatedShutdownBehavior: "terminate" });
    const stopping = await run(`#!/bin/sh\nshutdown -h now\n`);
    await becomes(terminating, "terminated");
    await becomes(stopping, "stopped");
    expect((await describeOne(terminating))?.StateReason?.Code).toBe("Client.InstanceInitiatedShutdown");
    expect(processesIn(terminating)).toEqual([]);
  });

  it("ends itself later where it says so, unless that is called off", async () => {
    const id = await run(`#!/bin/sh\nshutdown -h +30\necho set\nsleep 1000\n`, { InstanceInitiatedShutdownBehavior: "terminate" });
    const other = await run(`#!/bin/sh\nshutdown -h +30\nsleep 0.2\nshutdown -c\nsleep 0.2\necho set\nsleep 1000\n`);
    await says(id, "set");
    await says(other, "set");
    cloud.clock.advance(29 * 60_000);
    await becomes(id, "running");
    cloud.clock.advance(2 * 60_000);
    await becomes(id, "terminated");
    await becomes(other, "running");
  });
});

describe("what happens to instances", () => {
  it("is an interruption with notice for Spot Instances", async () => {
    const id = await run(
      script(`
        const base = process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT;
        const token = await (await fetch(base + "/latest/api/token", { method: "PUT", headers: { "x-aws-ec2-metadata-token-ttl-seconds": "60" } })).text();
        console.log("ready");
        for (;;) {
          const answer = await fetch(base + "/latest/meta-data/spot/instance-action", { headers: { "x-aws-ec2-metadata-token": token } });
          if (answer.status === 200) console.log(await answer.text());
          await new Promise((resolve) => setTimeout(resolve, 20));
        }`),
      { InstanceMarketOptions: { MarketType: "spot" } },
    );
    await says(id, "ready");
    cloud.instances.interrupt(id);
    await says(id, '"action":"terminate"');
    cloud.clock.advance(119_000);
    await becomes(id, "running");
    cloud.clock.advance(2_000);
    await becomes(id, "terminated");
    expect((await describeOne(id))?.StateReason?.Code).toBe("Server.SpotInstanceTermination");
  });

  it("is a sudden end, or silence", async () => {
    const beat = `#!/bin/sh\nwhile :; do echo beat; sleep 0.02; done\n`;
    const [dying, silent] = [await run(beat), await run(beat)];
    await says(dying, "beat");
    await says(silent, "beat");
    await cloud.instances.kill(dying);
    expect(processesIn(dying)).toEqual([]);
    await becomes(dying, "stopped");
    await cloud.instances.freeze(silent);
    const { length } = await cloud.instances.console(silent);
    await delay(100);
    expect(await cloud.instances.console(silent)).toHaveLength(length);
    await becomes(silent, "running");
    await cloud.instances.unfreeze(silent);
    await until(async () => (await cloud.instances.console(silent)).length > length);
  });

  it("is refused capacity, addresses and limits, where a fault says so and nowhere else", async () => {
    const { Subnets } = await client.send(new ec2.DescribeSubnetsCommand({}));
    const subnetIn = (zone: string) => Subnets?.find((subnet) => subnet.AvailabilityZone === zone)?.SubnetId;
    const launch = (InstanceType: ec2._InstanceType, zone: string, options: Partial<ec2.RunInstancesRequest> = {}) => run("none", { InstanceType, SubnetId: subnetIn(zone), ...options });
    cloud.faults.inject({ kind: "no-capacity", instanceType: "c5.large", availabilityZone: "eu-west-1a" });
    await expect(launch("c5.large", "eu-west-1a")).rejects.toMatchObject({ name: "InsufficientInstanceCapacity", $metadata: { httpStatusCode: 500 } });
    await launch("c5.large", "eu-west-1b");
    await launch("c5.xlarge", "eu-west-1a");
    cloud.faults.inject({ kind: "no-addresses", subnetId: subnetIn("eu-west-1c") ?? "" });
    await expect(launch("c5.large", "eu-west-1c")).rejects.toMatchObject({ name: "InsufficientFreeAddressesInSubnet" });
    const end = cloud.faults.inject({ kind: "launch-limit", limit: "vcpus", times: 1 });
    await expect(launch("c5.large", "eu-west-1b")).rejects.toMatchObject({ name: "VcpuLimitExceeded" });
    await launch("c5.large", "eu-west-1b");
    end();
    cloud.faults.inject({ kind: "launch-limit", limit: "spot-instances" });
    await expect(launch("c5.large", "eu-west-1b", { InstanceMarketOptions: { MarketType: "spot" } })).rejects.toMatchObject({ name: "MaxSpotInstanceCountExceeded" });
    cloud.faults.inject({ kind: "throttle", service: "ec2", operation: "RunInstances" });
    await expect(launch("c5.large", "eu-west-1b")).rejects.toMatchObject({ name: "RequestLimitExceeded" });
    expect(() => cloud.faults.inject({ kind: "instance-death", afterMs: -1 })).toThrow("afterMs is -1");
  });

  it("is a death or an interruption that a fault has in store for every launch", async () => {
    cloud.faults.inject({ kind: "instance-death", afterMs: 60_000, times: 1 });
    cloud.faults.inject({ kind: "spot-interruption", afterMs: 60_000, noticeMs: 0 });
    const sleep = `#!/bin/sh\necho up\nsleep 1000\n`;
    const [dying, living, spot] = [await run(sleep), await run(sleep), await run(sleep, { InstanceMarketOptions: { MarketType: "spot" } })];
    for (const id of [dying, living, spot]) await says(id, "up");
    cloud.clock.advance(61_000);
    await becomes(dying, "stopped");
    await becomes(spot, "terminated");
    await becomes(living, "running");
  });

  it("is a death at once, or that a call is never finished, and the cloud ends all the same", async () => {
    cloud.faults.inject({ kind: "instance-death", times: 1 });
    await becomes(await run(`#!/bin/sh\nsleep 1000\n`), "stopped");
    const hanging = await run(
      script(`
        const { hostname, port } = new URL(process.env.AWS_ENDPOINT_URL);
        const request = require("node:http").request({ hostname, port, method: "POST", headers: { "content-type": "application/x-www-form-urlencoded", "content-length": 100, authorization: "AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=0", "x-amz-date": "20260101T000000Z" } });
        request.write("Action=", () => console.log("hanging"));`),
    );
    await says(hanging, "hanging");
    await cloud.instances.freeze(hanging);
  });

  it("is that the cloud ends: nothing runs on, and the next one says so", async () => {
    const ids = [await run(`#!/bin/sh\necho up\nsleep 1000\n`), await run(`#!/bin/sh\necho up\nsleep 1000\n`, { InstanceInitiatedShutdownBehavior: "terminate" })];
    const done = await run(`#!/bin/sh\necho up\n`);
    for (const id of [...ids, done]) await says(id, "up");
    await says(done, "ended");
    await stop();
    for (const id of ids) expect(processesIn(id)).toEqual([]);
    await start();
    expect(await Promise.all([...ids, done].map(stateOf))).toEqual(["stopped", "terminated", "running"]);
    expect((await describeOne(ids[0] ?? ""))?.StateReason?.Code).toBe("Server.InternalError");
  });

  it("is nothing where instances are only recorded", async () => {
    await stop();
    cloud = await LocalCloud.start({ directory, durable: false });
    client = new ec2.EC2Client({ ...cloud.connection({ region: REGION }), maxAttempts: 1 });
    const id = await run(`#!/bin/sh\ntouch ${directory}/it-ran\n`);
    await becomes(id, "running");
    expect(existsSync(join(directory, "instances"))).toBe(false);
    expect(() => {
      cloud.instances.interrupt(id);
    }).toThrow('start it with instances: "run"');
  });
});

/** The processes that carry an instance's mark, counted by nothing of the cloud's. */
function processesIn(instanceId: string): string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/environ`, "latin1").includes(`/instances/${instanceId}`);
    } catch {
      return false;
    }
  });
}
