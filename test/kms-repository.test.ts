import { CreateAliasCommand, CreateKeyCommand, DisableKeyCommand, EnableKeyCommand, KMSClient, PutKeyPolicyCommand, ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AwsAccount, directoryStorage, HoldfastError, Repository, s3Storage, type ObjectStorage } from "holdfast";
import { region, S3Bed } from "./support/s3-bed.js";

let bed: S3Bed;
let kms: KMSClient;
beforeAll(async () => {
  bed = await S3Bed.open();
  kms = new KMSClient({ ...bed.cloud.connection({ region }), maxAttempts: 1 });
});
afterAll(async () => {
  kms.destroy();
  await bed.close();
});

async function makeKey(): Promise<string> {
  return (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? "";
}

async function place(): Promise<ObjectStorage> {
  return s3Storage({ account: bed.account, bucket: await bed.makeBucket(), prefix: "gold" });
}

async function failureOf(call: Promise<unknown>): Promise<string> {
  const failure = await call.then(() => undefined, (error: unknown) => error);
  if (!HoldfastError.isInstance(failure)) throw new Error(`no error of the engine: ${String(failure)}`);
  return `${failure.name} ${failure.code}: ${failure.message}`;
}

const calls = (operation: string): number => bed.cloud.calls.count({ service: "kms", operation });

describe("a repository whose key is kept by KMS", () => {
  it("is made and opened with the account of its storage, by one call, whatever name the key is given", async () => {
    const arn = await makeKey();
    await kms.send(new CreateAliasCommand({ AliasName: "alias/backups", TargetKeyId: arn }));
    const storage = await place();
    const repository = await Repository.create({ storage, encryption: { kmsKeyId: "alias/backups" } });
    const slots = [];
    for await (const slot of repository.keys.list()) slots.push(slot);
    expect(slots).toMatchObject([{ kind: "kms", kmsKeyId: arn, role: "owner", state: "genuine" }]);
    for (const kmsKeyId of ["alias/backups", arn, arn.split("/")[1] ?? "", arn.replace(/key\/.*/, "alias/backups")]) {
      const before = calls("Decrypt");
      expect((await Repository.open({ storage, encryption: { kmsKeyId } })).id).toBe(repository.id);
      expect(calls("Decrypt") - before).toBe(1);
    }
    expect(await failureOf(Repository.open({ storage, encryption: { kmsKeyId: await makeKey() } }))).toContain(`WrongKey: encryption: this KMS key fits no key slot of the repository: there are kms with ${arn}`);
    expect(await failureOf(Repository.open({ storage, encryption: { kmsKeyId: "alias/none" } }))).toContain("NotFoundError KeyNotFound");
    expect(await failureOf(Repository.open({ storage, encryption: { kmsKeyId: "no key at all" } }))).toContain("InvalidOption");
  });

  it("says what is wrong with a key that is disabled, denied or on its way to deletion", async () => {
    const arn = await makeKey();
    const storage = await place();
    await Repository.create({ storage, encryption: { kmsKeyId: arn } });
    const open = (): Promise<string> => failureOf(Repository.open({ storage, encryption: { kmsKeyId: arn } }));
    const allow = bed.cloud.deny({ action: "kms:Decrypt" });
    expect(await open()).toMatch(/ProviderError AccessDenied: kms:Decrypt on .* allow kms:Decrypt .*key's own policy/);
    allow();
    await kms.send(new DisableKeyCommand({ KeyId: arn }));
    expect(await open()).toMatch(/ProviderError KeyDisabled: .*enable it/);
    await kms.send(new EnableKeyCommand({ KeyId: arn }));
    await Repository.open({ storage, encryption: { kmsKeyId: arn } });
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: arn, PendingWindowInDays: 7 }));
    expect(await open()).toMatch(/ProviderError KeyUnusable: .*pending deletion.*cancel/);
  });

  it("binds its slots to repository and role by the encryption context, which a key policy can ask for", async () => {
    const arn = await makeKey();
    const [storage, elsewhere] = [await place(), await place()];
    const repository = await Repository.create({ storage, encryption: { kmsKeyId: arn } });
    const provider = bed.account.keyProvider();
    const { body } = await (await storage.openStore()).get(await firstSlot(storage));
    const { kms: wrapping } = JSON.parse(body.toString()) as { kms: { wrappedKey: string } };
    const wrapped = Buffer.from(wrapping.wrappedKey, "base64");
    const context = { "holdfast:repository": repository.id, "holdfast:role": "owner" };
    expect(await provider.unwrap({ keyId: arn, wrapped, encryptionContext: context })).toHaveLength(32);
    for (const other of [{}, { ...context, "holdfast:role": "restore" }, { ...context, "holdfast:repository": "0".repeat(32) }]) {
      expect(await provider.unwrap({ keyId: arn, wrapped, encryptionContext: other })).toBeUndefined();
    }
    await repository.keys.add({ kmsKeyId: arn }, { role: "restore" });
    await Repository.create({ storage: elsewhere, encryption: { kmsKeyId: arn } });
    const policy = {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "kms:*", Resource: "*" },
        { Effect: "Deny", Principal: "*", Action: "kms:Decrypt", Resource: "*", Condition: { StringNotEquals: { "kms:EncryptionContext:holdfast:role": "restore" } } },
      ],
    };
    await kms.send(new PutKeyPolicyCommand({ KeyId: arn, Policy: JSON.stringify(policy) }));
    expect((await Repository.open({ storage, encryption: { kmsKeyId: arn } })).keys.role).toBe("restore");
    expect(await failureOf(Repository.open({ storage: elsewhere, encryption: { kmsKeyId: arn } }))).toContain("AccessDenied");
  });

  it("lies in a directory too, with its key in another region, and not without saying whose", async () => {
    const arn = await makeKey();
    const directory = await mkdtemp(join(tmpdir(), "kms-repository-"));
    try {
      const storage = directoryStorage(directory);
      const keyProvider = bed.account.keyProvider("us-east-1");
      await Repository.create({ storage, encryption: { kmsKeyId: arn, keyProvider } });
      await Repository.open({ storage, encryption: { kmsKeyId: arn, keyProvider } });
      // By its id alone the key is looked for where the account calls, and there it is not.
      expect(await failureOf(Repository.open({ storage, encryption: { kmsKeyId: arn.split("/")[1] ?? "", keyProvider } }))).toContain("NotFoundError KeyNotFound");
      expect(await failureOf(Repository.open({ storage, encryption: { kmsKeyId: arn } }))).toContain("encryption.keyProvider: is missing");
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("is opened through throttling and broken connections, and by an injected client", async () => {
    const arn = await makeKey();
    const storage = await place();
    await Repository.create({ storage, encryption: { kmsKeyId: arn } });
    const calm = [bed.cloud.faults.inject({ kind: "throttle", service: "kms", times: 2 }), bed.cloud.faults.inject({ kind: "reset", service: "kms", times: 1 })];
    await Repository.open({ storage, encryption: { kmsKeyId: arn } });
    for (const end of calm) end();
    const account = new AwsAccount({ region, clients: { kms } });
    await Repository.open({ storage, encryption: { kmsKeyId: arn, keyProvider: account.keyProvider() } });
    await account.close();
    expect(await failureOf(account.keyProvider().wrap({ keyId: arn, key: Buffer.alloc(32), encryptionContext: {} }))).toContain("AccountClosed");
  });
});

async function firstSlot(storage: ObjectStorage): Promise<string> {
  for await (const { name } of (await storage.openStore()).list("keys/")) return name;
  throw new Error("There is no slot.");
}

describe("without the optional package @aws-sdk/client-kms", () => {
  it("everything else works, and what needs it says how to get it", async () => {
    const hook = `export async function resolve(specifier, context, next) {
      if (specifier === "@aws-sdk/client-kms") throw Object.assign(new Error("Cannot find package '@aws-sdk/client-kms' imported from a test"), { code: "ERR_MODULE_NOT_FOUND" });
      return await next(specifier, context);
    }`;
    const script = `
      const { register } = await import("node:module");
      register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hook)}));
      const { AwsAccount, Repository, directoryStorage } = await import("holdfast");
      const { LocalCloud } = await import("holdfast/local");
      const cloud = await LocalCloud.start();
      const { endpoint, region } = cloud.connection();
      const account = new AwsAccount(cloud.connection());
      const accountId = await account.accountId();
      const encryption = { kmsKeyId: "alias/backups", keyProvider: account.keyProvider() };
      const failure = await Repository.create({ storage: directoryStorage(cloud.directory + "/repository"), encryption }).catch((error) => error);
      const authorization = "AWS4-HMAC-SHA256 Credential=A/20260101/" + region + "/kms/aws4_request, SignedHeaders=host, Signature=0";
      const answer = await fetch(endpoint, { method: "POST", headers: { "x-amz-target": "TrentService.ListKeys", "content-type": "application/x-amz-json-1.1", "x-amz-date": "20260101T000000Z", authorization }, body: "{}" });
      console.log(JSON.stringify([accountId, failure.name, failure.code, failure.message, answer.status, await answer.json()]));
      await account.close();
      await cloud.close();`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], { cwd: fileURLToPath(new URL("..", import.meta.url)) });
    const [accountId, name, code, message, status, answer] = JSON.parse(stdout) as [string, string, string, string, number, { __type: string; message: string }];
    expect([accountId, name, code, status, answer.__type]).toEqual(["111122223333", "ConfigurationError", "MissingPackage", 400, "UnsupportedOperationException"]);
    for (const text of [message, answer.message]) expect(text).toContain("npm install @aws-sdk/client-kms");
  });
});
