import { EBSClient } from "@aws-sdk/client-ebs";
import { GetCallerIdentityCommand, STSClient, type GetCallerIdentityCommandOutput } from "@aws-sdk/client-sts";
import { mockClient } from "aws-sdk-client-mock";
import { expect, it } from "vitest";
import { AwsAccount } from "../aws-account.js";
import { stsPackage, type StsPackage } from "./aws-packages.js";
import { LazyClient } from "./lazy-client.js";

const region = "eu-west-1";
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" };
const { signal } = new AbortController();

function lazy(failures = 0): { readonly client: LazyClient<StsPackage>; readonly loads: () => number } {
  const sts = new STSClient({ region });
  mockClient(sts).on(GetCallerIdentityCommand).resolves({ Account: "111122223333" });
  let loads = 0;
  const client = new LazyClient(async () => {
    loads += 1;
    if (loads <= failures) throw new Error("the disk was away");
    return { aws: await stsPackage.load(), client: sts };
  });
  return { client, loads: () => loads };
}

async function ask(client: LazyClient<StsPackage>): Promise<GetCallerIdentityCommandOutput> {
  return await client.send((aws) => new aws.GetCallerIdentityCommand(), { abortSignal: signal });
}

it("loads nothing before the first call, and once for all of them", async () => {
  const { client, loads } = lazy();
  expect(loads()).toBe(0);
  expect((await Promise.all([ask(client), ask(client)])).map(({ Account }) => Account)).toEqual(["111122223333", "111122223333"]);
  expect(loads()).toBe(1);
});

it("tries again what could not be loaded", async () => {
  const { client, loads } = lazy(1);
  await expect(Promise.all([ask(client), ask(client)])).rejects.toThrow("the disk was away");
  expect((await ask(client)).Account).toBe("111122223333");
  expect(loads()).toBe(2);
});

it("is refused at once where there are no credentials, before anything is loaded or called", () => {
  const account = new AwsAccount({ region });
  for (const make of [() => account.compute(region), () => account.workerRoles(), () => account.ec2(region)]) expect(make).toThrow(/credentials: are missing/);
});

it("is the same client for the engine as for who asks the account for it", async () => {
  const account = new AwsAccount({ region, credentials });
  const sts = account.sts(region);
  mockClient(sts).on(GetCallerIdentityCommand).resolves({ Account: "444455556666" });
  expect(await account.accountId()).toBe("444455556666");
  expect(account.sts(region)).toBe(sts);
  expect(account.ebs(region)).toBeInstanceOf(EBSClient);
  await account.close();
});

it("makes no connection any more when its account is closed", async () => {
  const account = new AwsAccount({ region, credentials, endpoint: "http://127.0.0.1:9", limits: { maxAttempts: 1 } });
  const compute = account.compute(region);
  await account.close();
  await expect(compute.volume("vol-0abc")).rejects.toMatchObject({ code: "AccountClosed" });
});
