import { beforeEach, describe, expect, it } from "vitest";
import { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import { ManualClock } from "../../test/support/manual-clock.js";
import { MemoryWorkerCompute, MemoryWorkerNetworks, MemoryWorkerRoles, workerAccount } from "../../test/support/memory-workers.js";
import { defaultPace } from "../mover/protocol/pace.js";
import type { PermissionQuestion } from "../ports/index.js";
import { resolveEnvironment } from "../session/index.js";
import { WorkerPool, type WorkerPoolOptions } from "./index.js";
import { iamPolicies } from "./roles/iam-policies.js";

const mine = { "holdfast:appliance": "test-1" };
const worker = (digit: string): string => digit.repeat(32);

let compute: MemoryWorkerCompute;
let networks: MemoryWorkerNetworks;
let store: MemoryObjectStore;
let clock: ManualClock;
beforeEach(() => {
  compute = new MemoryWorkerCompute();
  networks = new MemoryWorkerNetworks();
  store = new MemoryObjectStore();
  clock = new ManualClock();
});

function openPool(options: Partial<WorkerPoolOptions> = {}): WorkerPool {
  return new WorkerPool(
    { account: workerAccount(compute, networks), configurationBucket: "configuration", applianceId: "test-1", bundles: { x64: "bundle" }, ...options },
    { ...resolveEnvironment({ clock }), pace: defaultPace, openConfiguration: () => Promise.resolve(store), readBundle: () => Promise.resolve({ sha256: "ab".repeat(32), body: Buffer.from("bundle") }) },
  );
}

describe("the options of a pool", () => {
  it.each([
    [{ applianceId: "" }, /^applianceId: must be 1 to 64/],
    [{ maxWorkers: 0 }, /^maxWorkers: must be a whole number from 1 to 1,000/],
    [{ tags: { a: "%b%" } }, /unknown variable %b%/],
    [{ profiles: { small: "large" } }, /^profiles\.small: must be an instance type/],
    [{ profiles: { regions: { Europe: {} } } }, /^profiles\.regions\.Europe/],
    [{ privateNetworking: true }, /^networks: must name the private subnets/],
    [{ networks: { "eu-west-1": { subnetIds: [] } } }, /subnetIds: must name at least one/],
    [{ temporaryRoles: {}, instanceProfile: "shared" }, /^instanceProfile: must be left out/],
    [{ temporaryRoles: {}, repositoryKey: { kmsKeyId: "alias/gold" } }, /^repositoryKey\.kmsKeyId: must be the key's ARN/],
    [{ temporaryRoles: { path: "holdfast" } }, /^temporaryRoles\.path: must be parts/],
    [{ workers: 3 }, /^workers: is no option of a worker pool/],
  ])("are refused by their path: %j", (options, message) => {
    expect(() => openPool(options as Partial<WorkerPoolOptions>)).toThrow(message);
  });
});

describe("work in a repository", () => {
  it("needs a network in its region where workers have no public addresses", async () => {
    const pool = openPool({ privateNetworking: true, networks: { "us-east-1": { subnetIds: ["subnet-1"] } } });
    const account = workerAccount(compute, networks);
    const repository = { place: { bucket: "backups", prefix: "", region: "eu-west-1", account }, repositoryId: "ab".repeat(16), role: "collector", isImmutable: false, secret: () => Buffer.alloc(64) } as const;
    await expect(pool.workInRepository({ work: { kind: "collect", options: {} }, repository })).rejects.toThrow(/^networks\["eu-west-1"\]: must name the private subnets/);
    await expect(WorkerPool.inProcess().workInRepository({ work: { kind: "collect", options: {} }, repository })).rejects.toMatchObject({ code: "InProcess" });
    expect(compute.requests).toEqual([]);
  });
});

describe("reaping", () => {
  it("removes what carries both tags and nobody speaks to, and nothing else", async () => {
    const left = compute.addInstance({ ...mine, "holdfast:worker": worker("a") });
    const others = [compute.addInstance({ ...mine, Name: "somebody's own" }), compute.addInstance({ "holdfast:appliance": "test-2", "holdfast:worker": worker("b") }), compute.addInstance({})];
    const living = compute.addInstance({ ...mine, "holdfast:worker": worker("c") });
    await store.put(`workers/${worker("c")}/engine.json`, Buffer.from(`${JSON.stringify({ version: 1, engine: worker("e"), applianceId: "test-1", beat: 1, command: "work" })}\n`));
    for (const id of ["vol-1", "vol-2"]) compute.volumes.set(id, { id, isAttached: id === "vol-2", tags: { ...mine, "holdfast:worker": worker("a") } });
    compute.interfaces.set("eni-1", { id: "eni-1", isAttached: false, tags: { ...mine, "holdfast:worker": worker("a") } });
    await store.put(`workers/${worker("a")}/hello.json`, Buffer.from("{}\n"));
    const pool = openPool();

    const plan = await pool.reap({ dryRun: true });
    expect(plan.removed.map(({ kind, id }) => `${kind} ${id}`)).toEqual([`instance ${left}`, "volume vol-1", "interface eni-1", `worker workers/${worker("a")}/`]);
    expect(compute.running).toHaveLength(5);

    expect((await pool.reap()).removed).toEqual(plan.removed);
    expect(compute.running).toEqual([...others, living]);
    expect([...compute.volumes.keys()]).toEqual(["vol-2"]);
    expect([...compute.interfaces.keys()]).toEqual([]);
    expect([...store.objects.keys()]).toEqual([`workers/${worker("c")}/engine.json`]);
    expect((await pool.reap()).removed).toEqual([]);
  });

  it("removes roles that were made for workers which nobody speaks to, and none that only look so", async () => {
    const roles = new MemoryWorkerRoles();
    const add = async (id: string, { path = "/holdfast/test-1/", name = `holdfast-worker-${id}`, appliance = "test-1" } = {}): Promise<string> => {
      await roles.make({ name, path, policy: "{}", tags: { "holdfast:appliance": appliance, "holdfast:worker": id } });
      return name;
    };
    const left = await add(worker("a"));
    const others = [await add(worker("b"), { appliance: "test-2" }), await add(worker("1"), { path: "/" }), await add(worker("2"), { name: "somebodys-own" })];
    await roles.make({ name: "untagged", path: "/holdfast/test-1/", policy: "{}", tags: {} });
    const living = await add(worker("c"));
    await store.put(`workers/${worker("c")}/engine.json`, Buffer.from(`${JSON.stringify({ version: 1, engine: worker("e"), applianceId: "test-1", beat: 1, command: "work" })}\n`));
    const account = workerAccount(compute, networks, roles);
    expect((await openPool({ account }).reap()).removed).toEqual([]);
    const pool = openPool({ account, temporaryRoles: {} });
    expect((await pool.reap({ dryRun: true })).removed.map(({ kind, id }) => `${kind} ${id}`)).toEqual([`role ${left}`]);
    expect((await pool.reap()).kept.map(({ id }) => id)).toContain(living);
    expect([...roles.roles.keys()]).toEqual([...others, "untagged", living]);
  });

  it("names what it could not remove, and removes the rest", async () => {
    const [first, second] = [compute.addInstance({ ...mine, "holdfast:worker": worker("a") }), compute.addInstance({ ...mine, "holdfast:worker": worker("b") })];
    const terminate = compute.terminate.bind(compute);
    compute.terminate = async (ids) => {
      if (ids.includes(first)) throw new Error("not today");
      await terminate(ids);
    };
    await expect(openPool().reap()).rejects.toMatchObject({ code: "NotReaped", failures: [{ resource: first }], completed: [second] });
  });
});

describe("a private network", () => {
  it("is planned, made, found again, and removed, with nothing of others", async () => {
    networks.parts.set("vpc-others", { request: { kind: "vpc", range: "10.0.0.0/16" }, tags: { "holdfast:appliance": "test-1" } });
    const pool = openPool();
    const plan = await pool.planNetwork("eu-west-1");
    expect(plan.steps.map(({ role }) => role)).toEqual(["vpc", "subnet eu-west-1a", "subnet eu-west-1b", "routes", "workers", "endpoints", "endpoint s3", "endpoint ebs", "endpoint sts"]);
    expect(networks.parts.size).toBe(1);

    const network = await pool.createNetwork("eu-west-1");
    const requests = [...networks.parts.values()].slice(1).map(({ request }) => request);
    expect(requests).toMatchObject([
      { kind: "vpc", range: "10.213.0.0/22" },
      { kind: "subnet", range: "10.213.0.0/24", availabilityZone: "eu-west-1a" },
      { kind: "subnet", range: "10.213.1.0/24", availabilityZone: "eu-west-1b" },
      { kind: "route-table", subnetIds: network.subnetIds },
      { kind: "security-group" },
      { kind: "security-group", httpsFrom: network.securityGroupIds?.[0] },
      { kind: "endpoint", service: "s3", type: "gateway" },
      { kind: "endpoint", service: "ebs", type: "interface", subnetIds: network.subnetIds },
      { kind: "endpoint", service: "sts", type: "interface" },
    ]);
    const policies = requests.flatMap((request) => (request.kind === "endpoint" ? [JSON.parse(request.policy ?? "{}") as { readonly Statement: readonly { readonly Action: readonly string[]; readonly Resource: readonly string[] }[] }] : []));
    expect(policies.map(({ Statement: [statement] }) => [statement?.Action[0]?.split(":")[0], statement?.Resource])).toEqual([["s3", ["*"]], ["ebs", ["*"]], ["sts", ["*"]]]);
    // what is there gets the policy of the newest call, once it is available
    const before = networks.setUps.length;
    expect(await pool.createNetwork("eu-west-1", { buckets: ["backups"] })).toEqual(network);
    expect(networks.parts.size).toBe(10);
    expect(networks.setUps.slice(before).slice(-3).map((id) => id.split("-")[0])).toEqual(["endpoint", "endpoint", "endpoint"]);
    expect(networks.policies.slice(-3)[0]).toContain('"Resource":["arn:aws:s3:::');
    expect((await pool.planNetwork("eu-west-1", { buckets: ["backups"] })).steps.find(({ service }) => service === "s3")?.what).toContain("to the configuration bucket and backups alone");
    await expect(pool.planNetwork("eu-west-1", { buckets: ["s3://backups"] })).rejects.toMatchObject({ context: { path: "buckets[0]" } });

    const removed = await pool.removeNetwork("eu-west-1");
    expect(removed.map(({ role }) => role)).toEqual(["endpoint s3", "endpoint ebs", "endpoint sts", "subnet eu-west-1a", "subnet eu-west-1b", "routes", "endpoints", "workers", "vpc"]);
    expect([...networks.parts.keys()]).toEqual(["vpc-others"]);
  });

  it("is finished by the next call where one was cut short", async () => {
    networks.onCall = (what) => {
      if (what === "create endpoint ebs") throw new Error("the process died");
    };
    await expect(openPool().createNetwork("eu-west-1")).rejects.toThrow("died");
    networks.onCall = () => undefined;
    const before = networks.setUps.length;
    const { vpcId = "" } = await openPool().createNetwork("eu-west-1");
    expect(networks.parts.size).toBe(9);
    // whether the first call came so far cannot be seen: it is done again
    expect(networks.setUps.slice(before)).toContain(vpcId);
  });

  it("has a range that can be divided", async () => {
    await expect(openPool().planNetwork("eu-west-1", { range: "10.0.1.0/22" })).rejects.toThrow(/^range: must be a range of private addresses/);
    const { steps } = await openPool().planNetwork("eu-west-1", { range: "192.168.64.0/24", availabilityZones: ["eu-west-1c"], services: [] });
    expect(steps.find(({ kind }) => kind === "subnet")).toMatchObject({ range: "192.168.64.0/26" });
    expect(steps.filter(({ kind }) => kind === "endpoint")).toHaveLength(1);
  });
});

describe("a preflight", () => {
  it("finds what is missing beside the network: subnets, types, bundles, the bucket", async () => {
    compute.subnetList = [];
    compute.offeredTypes = () => Promise.resolve(new Map());
    const findings = await openPool({ bundles: {}, profiles: { large: "c7g.4xlarge" } }).preflight("eu-west-1");
    expect(findings.map(({ code }) => code)).toEqual(["NoNetwork", "NoBundle", "NoBundle"]);
    expect(findings.every(({ region, remedy }) => region === "eu-west-1" && remedy.length > 20)).toBe(true);
  });

  it("finds types that no zone of the subnets offers", async () => {
    networks.facts = { region: "eu-west-1", vpcId: "vpc-1", ranges: [], hasDnsSupport: true, hasDnsHostnames: true, subnets: compute.subnetList, routes: { "subnet-1": { routeTableId: "rtb-1", routes: [{ destination: "0.0.0.0/0", target: "nat", isBlackhole: false }] } }, endpoints: [], securityGroups: [], workerGroupIds: [] };
    compute.offeredTypes = (types) => Promise.resolve(new Map([["eu-west-1a", new Set(types.filter((type) => type !== "c5.large"))]]));
    expect(await openPool().preflight("eu-west-1")).toMatchObject([{ severity: "error", code: "TypeNotOffered" }]);
  });

  it("finds what the roles of workers lack, and nothing of other accounts' roles", async () => {
    const asked: string[] = [];
    const account = Object.assign(workerAccount(compute, networks), {
      permissionCheck: () => ({
        missing: async ({ principalArn, actions, resources }: PermissionQuestion) => {
          asked.push(principalArn);
          return await Promise.resolve(actions.includes("ec2:RunInstances") ? [{ action: "ec2:RunInstances", resource: resources[0] ?? "", decision: "implicitDeny" as const }] : []);
        },
      }),
    });
    compute.subnetList = [];
    const { roles } = iamPolicies({ applianceId: "test-1", accounts: { backup: "111122223333", production: ["444455556666"] }, principal: "arn:aws:iam::111122223333:root", configurationBucket: "configuration", repositories: [{ bucket: "backups" }], regions: ["eu-west-1"] });
    const found = (await openPool({ account }).preflight("eu-west-1", { roles })).filter(({ code }) => code === "PermissionMissing");
    expect(found.map(({ remedy }) => remedy)).toEqual([expect.stringContaining("LaunchWorkers of"), expect.stringContaining("LaunchWorkersFrom of")]);
    expect([...new Set(asked)]).toEqual(["arn:aws:iam::111122223333:role/holdfast-engine", "arn:aws:iam::111122223333:role/holdfast-worker"]);
    await expect(openPool().preflight("eu-west-1", { roles: ["engine"] as never })).rejects.toThrow(/^roles\[0\]: must be roles that iamPolicies/);
  });

  it("is of pools on EC2 alone", async () => {
    await expect(WorkerPool.inProcess().preflight("eu-west-1")).rejects.toMatchObject({ code: "InProcess" });
  });
});
