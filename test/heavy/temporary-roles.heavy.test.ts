import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { GetRolePolicyCommand, ListInstanceProfilesCommand, ListRolesCommand } from "@aws-sdk/client-iam";
import { rm } from "node:fs/promises";
import { Policy, Restore, WorkerPool } from "holdfast";
import { afterAll, beforeAll, expect, it } from "vitest";
import { noiseBlock } from "../support/backup-world.js";
import { buildMover } from "../support/build-mover.js";
import { InstanceBed, instancePace as pace, region } from "../support/instance-bed.js";

let mover: Awaited<ReturnType<typeof buildMover>>;
let bed: InstanceBed;
beforeAll(async () => {
  mover = await buildMover();
  bed = await InstanceBed.open(mover.program);
});
afterAll(async () => {
  await bed.close();
  await rm(mover.folder, { recursive: true, force: true });
});

const path = "/holdfast/instances-1/";

async function roleNames(): Promise<string[]> {
  const { Roles = [] } = await bed.account.iam(region).send(new ListRolesCommand({ PathPrefix: path }));
  return Roles.map(({ RoleName = "" }) => RoleName);
}

it("workers back up and restore in roles of their own account that allow their tasks and nothing else, though EC2 learns of them late, and leave none of them", async () => {
  const { account, cloud, options, repository } = bed;
  const state = new Map(Array.from({ length: 6 }, (_, index) => [index * 300, noiseBlock()]));
  const volume = await bed.makeVolume(state);
  cloud.faults.inject({ kind: "profile-unknown", times: 1 });
  const pool = new WorkerPool({ ...options, temporaryRoles: {} }, { pace });
  const { resources } = await new Policy({ name: "gold", account, include: [{ volume }], backup: { repository }, workers: pool, retries: 0 }).run();
  const [name = ""] = await roleNames();
  const { PolicyDocument = "" } = await account.iam(region).send(new GetRolePolicyCommand({ RoleName: name, PolicyName: name }));
  const { Statement } = JSON.parse(decodeURIComponent(PolicyDocument)) as { readonly Statement: readonly { readonly Action: readonly string[]; readonly Resource: readonly string[] }[] };
  // a backup's worker: no snapshot is written, no other prefix touched
  expect(Statement.flatMap(({ Action }) => Action)).not.toContain("ebs:StartSnapshot");
  expect(Statement.flatMap(({ Resource }) => Resource).filter((arn) => arn.startsWith("arn:aws:s3:::backups/"))).toEqual(["arn:aws:s3:::backups/gold/*"]);

  const restored = await new Restore({ repository, account, workers: pool }).volume(resources[0]?.point ?? "", { availabilityZone: `${region}b` });
  expect(await bed.differences(restored.volumeId, state)).toEqual([]);
  // the backup's worker was warm, and its role did not cover a restore
  const { Reservations = [] } = await account.ec2(region).send(new DescribeInstancesCommand({}));
  expect(Reservations.flatMap(({ Instances = [] }) => Instances)).toHaveLength(2);
  await pool.close();
  expect(await roleNames()).toEqual([]);
  expect((await account.iam(region).send(new ListInstanceProfilesCommand({ PathPrefix: path }))).InstanceProfiles).toEqual([]);
});
