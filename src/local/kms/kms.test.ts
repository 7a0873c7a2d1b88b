import * as kms from "@aws-sdk/client-kms";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LocalCloud } from "../local-cloud.js";

const REGION = "eu-west-1";
const DAY_MS = 86_400_000;
const secret = Buffer.from("a secret of 32 bytes, or nearly.");
const EncryptionContext = { tenant: "gold", purpose: "test" };
let directory: string;
let cloud: LocalCloud;
const clients: kms.KMSClient[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kms-"));
  cloud = await LocalCloud.start({ directory, durable: false });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await cloud.close();
  await rm(directory, { recursive: true });
});

function clientOf(options: { readonly region?: string; readonly accountId?: string } = {}): kms.KMSClient {
  const client = new kms.KMSClient({ ...cloud.connection({ region: REGION, ...options }), maxAttempts: 1 });
  clients.push(client);
  return client;
}

async function makeKey(client: kms.KMSClient, input: kms.CreateKeyCommandInput = {}): Promise<{ readonly id: string; readonly arn: string }> {
  const { KeyMetadata } = await client.send(new kms.CreateKeyCommand(input));
  return { id: KeyMetadata?.KeyId ?? "", arn: KeyMetadata?.Arn ?? "" };
}

async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof kms.KMSServiceException) return `${error.name} ${String(error.$metadata.httpStatusCode)}`;
    throw error;
  }
  return "none";
}

describe("KMS of the local cloud", () => {
  it("encrypts and decrypts with the same context only, whatever its order", async () => {
    const client = clientOf();
    const { id, arn } = await makeKey(client);
    const { CiphertextBlob, KeyId } = await client.send(new kms.EncryptCommand({ KeyId: id, Plaintext: secret, EncryptionContext }));
    expect(KeyId).toBe(arn);
    expect(Buffer.from(CiphertextBlob!).includes(secret.subarray(0, 8))).toBe(false);
    const opened = await client.send(new kms.DecryptCommand({ CiphertextBlob, EncryptionContext: { purpose: "test", tenant: "gold" } }));
    expect([Buffer.from(opened.Plaintext!), opened.KeyId]).toEqual([secret, arn]);
    for (const other of [undefined, {}, { tenant: "gold" }, { ...EncryptionContext, tenant: "Gold" }, { ...EncryptionContext, more: "" }]) {
      expect(await refusal(client.send(new kms.DecryptCommand({ CiphertextBlob, EncryptionContext: other })))).toBe("InvalidCiphertextException 400");
    }
  });

  it("refuses a ciphertext with any bit changed, cut, or of another key", async () => {
    const client = clientOf();
    const [first, second] = [await makeKey(client), await makeKey(client)];
    const { CiphertextBlob } = await client.send(new kms.EncryptCommand({ KeyId: first.id, Plaintext: secret }));
    const bytes = Buffer.from(CiphertextBlob!);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(await refusal(client.send(new kms.DecryptCommand({ CiphertextBlob: changed })))).toMatch(/^(InvalidCiphertext|AccessDenied)Exception 400$/);
    }
    expect(await refusal(client.send(new kms.DecryptCommand({ CiphertextBlob: bytes.subarray(0, 50) })))).toBe("InvalidCiphertextException 400");
    expect(await refusal(client.send(new kms.DecryptCommand({ CiphertextBlob: bytes, KeyId: second.arn })))).toBe("IncorrectKeyException 400");
  });

  it("takes a key by id, ARN, alias and the alias's ARN, in its own region only", async () => {
    const client = clientOf();
    const { id, arn } = await makeKey(client);
    await client.send(new kms.CreateAliasCommand({ AliasName: "alias/backups", TargetKeyId: id }));
    expect(await refusal(client.send(new kms.CreateAliasCommand({ AliasName: "alias/backups", TargetKeyId: id })))).toBe("AlreadyExistsException 400");
    expect(await refusal(client.send(new kms.CreateAliasCommand({ AliasName: "alias/aws/mine", TargetKeyId: id })))).toBe("InvalidAliasNameException 400");
    for (const KeyId of [id, arn, "alias/backups", arn.replace(/key\/.*/, "alias/backups")]) {
      const { CiphertextBlob } = await client.send(new kms.EncryptCommand({ KeyId, Plaintext: secret }));
      const opened = await client.send(new kms.DecryptCommand({ KeyId, CiphertextBlob }));
      expect(Buffer.from(opened.Plaintext!)).toEqual(secret);
      expect((await client.send(new kms.DescribeKeyCommand({ KeyId }))).KeyMetadata?.Arn).toBe(arn);
    }
    const { CiphertextBlob } = await client.send(new kms.EncryptCommand({ KeyId: id, Plaintext: secret }));
    const elsewhere = clientOf({ region: "us-east-1" });
    expect(await refusal(elsewhere.send(new kms.DecryptCommand({ CiphertextBlob })))).toBe("AccessDeniedException 400");
    for (const KeyId of [id, arn, "alias/backups", "no-key"]) expect(await refusal(elsewhere.send(new kms.EncryptCommand({ KeyId, Plaintext: secret })))).toBe("NotFoundException 400");
    await client.send(new kms.DeleteAliasCommand({ AliasName: "alias/backups" }));
    expect(await refusal(client.send(new kms.DescribeKeyCommand({ KeyId: "alias/backups" })))).toBe("NotFoundException 400");
  });

  it("uses no key that is disabled, or that waits for its deletion, and destroys it in time", async () => {
    const client = clientOf();
    const { id } = await makeKey(client);
    const { CiphertextBlob } = await client.send(new kms.EncryptCommand({ KeyId: id, Plaintext: secret }));
    const decrypt = (): Promise<string> => refusal(client.send(new kms.DecryptCommand({ CiphertextBlob })));
    await client.send(new kms.DisableKeyCommand({ KeyId: id }));
    expect(await decrypt()).toBe("DisabledException 400");
    await client.send(new kms.EnableKeyCommand({ KeyId: id }));
    expect(await decrypt()).toBe("none");
    await client.send(new kms.ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    expect(await decrypt()).toBe("KMSInvalidStateException 400");
    expect(await refusal(client.send(new kms.EnableKeyCommand({ KeyId: id })))).toBe("KMSInvalidStateException 400");
    await client.send(new kms.CancelKeyDeletionCommand({ KeyId: id }));
    expect(await decrypt()).toBe("DisabledException 400");
    await client.send(new kms.ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    cloud.clock.advance(7 * DAY_MS);
    expect(await decrypt()).toBe("AccessDeniedException 400");
    expect(await refusal(client.send(new kms.DescribeKeyCommand({ KeyId: id })))).toBe("NotFoundException 400");
  });

  it("keeps to KMS's limits", async () => {
    const client = clientOf();
    const { id: KeyId } = await makeKey(client);
    const most = await client.send(new kms.EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4096) }));
    expect((await client.send(new kms.DecryptCommand({ CiphertextBlob: most.CiphertextBlob }))).Plaintext).toHaveLength(4096);
    const refused = [
      new kms.EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4097) }),
      new kms.EncryptCommand({ KeyId, Plaintext: Buffer.alloc(0) }),
      new kms.EncryptCommand({ KeyId, Plaintext: secret, EncryptionContext: { long: "x".repeat(9000) } }),
    ];
    for (const command of refused) expect(await refusal(client.send(command))).toBe("ValidationException 400");
    expect(await refusal(client.send(new kms.GenerateDataKeyCommand({ KeyId })))).toBe("ValidationException 400");
    expect(await refusal(client.send(new kms.EncryptCommand({ KeyId, Plaintext: secret, DryRun: true })))).toBe("DryRunOperationException 400");
    expect(await refusal(client.send(new kms.CreateKeyCommand({ KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" })))).toBe("UnsupportedOperationException 400");
    expect(await refusal(client.send(new kms.GenerateRandomCommand({ NumberOfBytes: 1 })))).toBe("UnsupportedOperationException 400");
  });

  it("makes data keys, and gives a ciphertext another key and context", async () => {
    const client = clientOf();
    const [first, second] = [await makeKey(client), await makeKey(client)];
    const made = await client.send(new kms.GenerateDataKeyCommand({ KeyId: first.id, KeySpec: "AES_256", EncryptionContext }));
    expect(made.Plaintext).toHaveLength(32);
    const silent = await client.send(new kms.GenerateDataKeyWithoutPlaintextCommand({ KeyId: first.id, NumberOfBytes: 64 }));
    expect(Object.keys(silent)).not.toContain("Plaintext");
    const moved = await client.send(new kms.ReEncryptCommand({ CiphertextBlob: made.CiphertextBlob, SourceEncryptionContext: EncryptionContext, DestinationKeyId: second.id, DestinationEncryptionContext: { tenant: "silver" } }));
    expect([moved.SourceKeyId, moved.KeyId]).toEqual([first.arn, second.arn]);
    const opened = await client.send(new kms.DecryptCommand({ CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { tenant: "silver" }, KeyId: second.id }));
    expect(opened.Plaintext).toEqual(made.Plaintext);
  });

  it("is as it was after a restart", async () => {
    const { id } = await makeKey(clientOf(), { Description: "kept" });
    await clientOf().send(new kms.CreateAliasCommand({ AliasName: "alias/kept", TargetKeyId: id }));
    const { CiphertextBlob } = await clientOf().send(new kms.EncryptCommand({ KeyId: "alias/kept", Plaintext: secret, EncryptionContext }));
    await clientOf().send(new kms.DisableKeyCommand({ KeyId: id }));
    await cloud.close();
    cloud = await LocalCloud.start({ directory, durable: false });
    const client = clientOf();
    expect((await client.send(new kms.DescribeKeyCommand({ KeyId: "alias/kept" }))).KeyMetadata).toMatchObject({ KeyId: id, Description: "kept", KeyState: "Disabled" });
    await client.send(new kms.EnableKeyCommand({ KeyId: id }));
    expect(Buffer.from((await client.send(new kms.DecryptCommand({ CiphertextBlob, EncryptionContext }))).Plaintext!)).toEqual(secret);
  });

  it("keeps key material to files that only their owner may read, and out of logs and messages", async () => {
    const client = clientOf();
    const { id } = await makeKey(client);
    const path = join(directory, "kms", "111122223333.json");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, "kms"))).mode & 0o777).toBe(0o700);
    const text = await readFile(path, "utf8");
    const { material } = (JSON.parse(text) as { keys: { material: string }[] }).keys[0]!;
    expect(Buffer.from(material, "base64")).toHaveLength(32);
    await client.send(new kms.EncryptCommand({ KeyId: id, Plaintext: secret }));
    expect(inspect([cloud, cloud.calls, cloud.calls.list()], { depth: 20, showHidden: true })).not.toContain(material);
    await cloud.close();
    await writeFile(path, text.slice(0, -20));
    const failure = await LocalCloud.start({ directory }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(inspect(failure, { depth: 20 })).not.toContain(material);
    await writeFile(path, text);
    cloud = await LocalCloud.start({ directory, durable: false });
    expect(await readdir(join(directory, "kms"))).toEqual(["111122223333.json"]);
  });

  it("does what a key's policy says, for other accounts too, by the encryption context", async () => {
    const [owner, other] = [clientOf(), clientOf({ accountId: "444455556666" })];
    const { id, arn } = await makeKey(owner);
    const { CiphertextBlob } = await owner.send(new kms.EncryptCommand({ KeyId: id, Plaintext: secret, EncryptionContext }));
    const decrypt = (context: Record<string, string>): Promise<string> => refusal(other.send(new kms.DecryptCommand({ KeyId: arn, CiphertextBlob, EncryptionContext: context })));
    expect(await decrypt(EncryptionContext)).toBe("AccessDeniedException 400");
    const own = { Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "kms:*", Resource: "*" };
    const shared = {
      Effect: "Allow", Principal: { AWS: "444455556666" }, Action: "kms:Decrypt", Resource: "*", Condition: { StringEquals: { "kms:EncryptionContext:tenant": "gold" } },
    };
    const put = (...Statement: object[]): Promise<unknown> => owner.send(new kms.PutKeyPolicyCommand({ KeyId: id, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }));
    expect(await refusal(put(shared))).toBe("MalformedPolicyDocumentException 400");
    expect(await refusal(owner.send(new kms.PutKeyPolicyCommand({ KeyId: id, Policy: "{" })))).toBe("MalformedPolicyDocumentException 400");
    await put(own, shared);
    expect((await owner.send(new kms.GetKeyPolicyCommand({ KeyId: id }))).Policy).toContain("444455556666");
    expect(await decrypt(EncryptionContext)).toBe("none");
    expect(await decrypt({ ...EncryptionContext, tenant: "silver" })).toBe("AccessDeniedException 400");
    expect(await refusal(other.send(new kms.DisableKeyCommand({ KeyId: arn })))).toBe("AccessDeniedException 400");
  });

  it("has the account's own key for EBS, to be seen and not to be used", async () => {
    const client = clientOf();
    const { Aliases } = await client.send(new kms.ListAliasesCommand({}));
    expect(Aliases?.map(({ AliasName }) => AliasName)).toEqual(["alias/aws/ebs"]);
    expect((await client.send(new kms.DescribeKeyCommand({ KeyId: "alias/aws/ebs" }))).KeyMetadata?.KeyManager).toBe("AWS");
    expect(await refusal(client.send(new kms.EncryptCommand({ KeyId: "alias/aws/ebs", Plaintext: secret })))).toBe("AccessDeniedException 400");
  });

  it("lists keys and aliases page by page", async () => {
    const client = clientOf();
    const ids: string[] = [];
    for (let number = 0; number < 5; number += 1) {
      const { id } = await makeKey(client);
      ids.push(id);
      await client.send(new kms.CreateAliasCommand({ AliasName: `alias/${String(number)}`, TargetKeyId: id }));
    }
    const keys: (string | undefined)[] = [];
    for await (const page of kms.paginateListKeys({ client, pageSize: 2 }, {})) keys.push(...(page.Keys ?? []).map(({ KeyId }) => KeyId));
    expect(keys).toEqual([...ids].sort());
    const names: (string | undefined)[] = [];
    for await (const page of kms.paginateListAliases({ client, pageSize: 2 }, {})) names.push(...(page.Aliases ?? []).map(({ AliasName }) => AliasName));
    expect(names).toEqual(["alias/0", "alias/1", "alias/2", "alias/3", "alias/4", "alias/aws/ebs"]);
  });

  it("meets faults and denials like every service", async () => {
    const client = clientOf();
    const { id, arn } = await makeKey(client);
    const calm = cloud.faults.inject({ kind: "throttle", service: "kms", operation: "Encrypt" });
    expect(await refusal(client.send(new kms.EncryptCommand({ KeyId: id, Plaintext: secret })))).toBe("ThrottlingException 400");
    calm();
    const allow = cloud.deny({ action: "kms:Encrypt", resource: arn });
    expect(await refusal(client.send(new kms.EncryptCommand({ KeyId: id, Plaintext: secret })))).toBe("AccessDeniedException 400");
    allow();
    expect(await refusal(client.send(new kms.EncryptCommand({ KeyId: id, Plaintext: secret })))).toBe("none");
    expect(cloud.calls.count({ service: "kms", operation: "Encrypt" })).toBe(3);
  });
});
