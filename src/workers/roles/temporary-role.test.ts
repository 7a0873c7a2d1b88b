import { expect, it } from "vitest";
import { MemoryWorkerCompute, workerAccount } from "../../../test/support/memory-workers.js";
import type { RepositoryAccess } from "../../mover/protocol/documents.js";
import { resolvePoolOptions } from "../pool-options.js";
import { accessOf } from "./temporary-role.js";

const options = resolvePoolOptions({ account: workerAccount(new MemoryWorkerCompute()), configurationBucket: "configuration", applianceId: "test-1", bundles: {}, temporaryRoles: {} });
const place = (bucket: string, prefix: string): RepositoryAccess => ({ bucket, prefix, region: "eu-west-1", repositoryId: "ab".repeat(16), keyRole: "writer" });
const role = { roleArn: "arn:aws:iam::333333333333:role/holdfast-repository" };

it("the role of a worker that copies allows both repositories at home, locks where one is immutable, and no snapshot", async () => {
  const access = (await accessOf(options, { operation: "archive", secrets: { repository: place("backups", "gold"), target: place("cold", "") }, isImmutable: false, isTargetImmutable: true }, {})) ?? [];
  expect(access.map(({ Sid, Resource }) => [Sid, ...Resource])).toEqual([
    ["ListRepositories", "arn:aws:s3:::backups", "arn:aws:s3:::cold"],
    ["ReadAndWriteRepositories", "arn:aws:s3:::backups/gold/*", "arn:aws:s3:::cold/*"],
    ["SeeLockRules", "arn:aws:s3:::cold"],
    ["LockObjects", "arn:aws:s3:::cold/*"],
  ]);
});

it("and goes to one that is elsewhere by that account's role alone", async () => {
  const access = (await accessOf(options, { operation: "archive", secrets: { repository: place("backups", "gold"), target: { ...place("cold", "archive"), role } }, isImmutable: false }, {})) ?? [];
  expect(access.map(({ Sid, Resource }) => [Sid, ...Resource])).toEqual([
    ["EnterOtherAccounts", role.roleArn],
    ["ListRepositories", "arn:aws:s3:::backups"],
    ["ReadAndWriteRepositories", "arn:aws:s3:::backups/gold/*"],
  ]);
  const away = await accessOf(options, { operation: "verification", secrets: { repository: { ...place("cold", "archive"), role } }, isImmutable: true }, {});
  expect(away?.map(({ Sid }) => Sid)).toEqual(["EnterOtherAccounts"]);
});
