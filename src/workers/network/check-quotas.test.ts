import { expect, it } from "vitest";
import { MemoryWorkerCompute, MemoryWorkerQuotas, workerAccount } from "../../../test/support/memory-workers.js";
import { resolvePoolOptions, type WorkerPoolOptions } from "../pool-options.js";
import { checkQuotas } from "./check-quotas.js";

const profiles = { small: "c5.xlarge", medium: "c5.xlarge", large: "c5.xlarge", archiving: "c5.xlarge" };

it.each([
  ["there is room for all", {}, { "on-demand": 32, spot: 0 }, []],
  ["others run, too", {}, { "on-demand": 31, spot: 0 }, ["warning LittleQuota room for 7 of up to 8"]],
  ["not one fits", {}, { "on-demand": 3, spot: 1_000 }, ["error NoQuota room for 0 of up to 8"]],
  ["a region may have fewer", { maxWorkersPerRegion: 2 }, { "on-demand": 8, spot: 0 }, []],
  ["spot alone is taken", { spot: "only" }, { "on-demand": 0, spot: 0 }, ["error NoQuota room for 0 of up to 8"]],
  ["spot has no room, and on demand has", { spot: "prefer" }, { "on-demand": 32, spot: 0 }, ["warning NoQuota room for 0 of up to 8"]],
] as const)("says how many workers of a profile the quotas leave room for: %s", async (_what, given, limits, expected) => {
  const quotas = new MemoryWorkerQuotas();
  // each has four vCPUs
  Object.assign(quotas.limits, limits);
  const pool: Partial<WorkerPoolOptions> = given;
  const options = resolvePoolOptions({ account: workerAccount(new MemoryWorkerCompute()), configurationBucket: "configuration", applianceId: "test-1", bundles: { x64: "bundle" }, profiles, ...pool });
  const found = await checkQuotas(options, quotas, { region: "eu-west-1", offered: new Set(["c5.xlarge"]) });
  // the four profiles are alike
  expect([...new Set(found.map(({ severity, code, message }) => `${severity} ${code} ${/room for \d+ of up to \d+/.exec(message)?.[0] ?? ""}`))]).toEqual(expected);
  for (const { remedy } of found) expect(remedy).toMatch(/quota L-(1216C47A|34B43A08) of EC2 raised in eu-west-1/);
});
