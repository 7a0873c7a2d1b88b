import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { key } from "../../../test/support/backup-world.js";
import { cheapScrypt, KeyBed, openAt, otherKey, passphrase, storeWith } from "../../../test/support/key-bed.js";
import { MemoryKeyProvider } from "../../../test/support/memory-key-provider.js";
import { HoldfastError, ConfigurationError, IntegrityError, type EncryptionOptions } from "../../index.js";
import { KeyRing } from "../keys/key-ring.js";
import type { KeySource } from "../keys/key-source.js";
import { formatRecoveryKey } from "./recovery-key.js";
import { encodeSlot } from "../format/slot-document.js";
import { openSlot, sealSlot } from "./slot-secret.js";

const provider = new MemoryKeyProvider();
const secret = randomBytes(20);
const ways: readonly { readonly source: KeySource; readonly encryption: EncryptionOptions; readonly wrong: EncryptionOptions }[] = [
  { source: { kind: "passphrase", passphrase }, encryption: { passphrase }, wrong: { passphrase: "another passphrase" } },
  { source: { kind: "raw", key: otherKey }, encryption: { key: otherKey }, wrong: { key: Buffer.alloc(32, 1) } },
  { source: { kind: "kms", keyId: "alias/one", provider }, encryption: { kmsKeyId: "alias/one", keyProvider: provider }, wrong: { kmsKeyId: "alias/two", keyProvider: provider } },
  { source: { kind: "recovery", secret }, encryption: { recoveryKey: formatRecoveryKey(secret) }, wrong: { recoveryKey: formatRecoveryKey(randomBytes(20)) } },
];

async function failureOf(call: Promise<unknown>): Promise<HoldfastError> {
  const failure = await call.then(() => undefined, (error: unknown) => error);
  if (!HoldfastError.isInstance(failure)) throw new Error(`no error of the engine: ${String(failure)}`);
  return failure;
}

describe.each(ways)("a slot of the kind $source.kind", ({ source, encryption, wrong }) => {
  it("opens the repository with what it was made with, and with nothing else", async () => {
    const bed = await KeyBed.open();
    const name = await bed.plant(source);
    const repository = await openAt(bed.store, encryption);
    expect([repository.id, repository.keys.role]).toEqual([bed.repository.id, "owner"]);
    const failure = await failureOf(openAt(bed.store, wrong));
    expect([failure.name, failure.code]).toEqual(["ConfigurationError", "WrongKey"]);
    expect(failure.message).toContain(source.kind === "raw" ? "opens none of the key slots" : name);
  });

  it.each(["owner", "collector"] as const)("of the role %s never opens to other keys, nor crashes, with any of its bytes changed; the error names it", async (role) => {
    const bed = await KeyBed.open();
    const name = await bed.plant(source, role);
    const intact = bed.store.objects.get(name)!;
    let opened = 0;
    for (let at = 0; at < intact.length; at += 1) {
      for (const flip of [1, 0x20]) {
        const changed = Buffer.from(intact);
        changed.writeUInt8(changed.readUInt8(at) ^ flip, at);
        bed.store.objects.set(name, changed);
        const result = await openAt(bed.store, encryption).then((repository) => repository, (error: unknown) => error);
        if (HoldfastError.isInstance(result)) {
          if (!(result instanceof ConfigurationError) && !(result instanceof IntegrityError)) throw result;
          // A kind or a KMS key that became another is told in the list of what there is.
          expect(`${result.message} ${String(at)}`).toMatch(/fits no key slot/.test(result.message) ? /there are/ : new RegExp(name));
          continue;
        }
        // Only the MAC, which nothing is opened by, may be another: it is the owners' means to tell what they made.
        opened += 1;
        expect(intact.indexOf('"mac":')).toBeLessThan(at);
        expect((result as typeof bed.repository).id).toBe(bed.repository.id);
        if (role === "owner") expect(await bed.list(result as typeof bed.repository)).toContain(`${source.kind} owner damaged`);
      }
    }
    expect(opened).toBeLessThanOrEqual(64);
    for (const length of [0, 1, 50, intact.length - 1]) {
      bed.store.objects.set(name, intact.subarray(0, length));
      expect((await failureOf(openAt(bed.store, encryption))).message).toContain(name);
    }
  });
});

describe("opening a repository", () => {
  it("goes by any slot that opens, past damaged, foreign, forged and strange ones", async () => {
    const bed = await KeyBed.open();
    const good = bed.slotNames[0]!;
    const foreign = await sealSlot(new KeyRing(randomBytes(32), randomBytes(16)), { source: { kind: "raw", key }, role: "owner", createdAt: new Date() });
    // Whoever may use the same key can wrap a root of his own: holdfast.json was not signed with it.
    const forged = await sealSlot(new KeyRing(randomBytes(32), bed.keys.repositoryId), { source: { kind: "raw", key }, role: "owner", createdAt: new Date() });
    bed.store.objects.set(`keys/${foreign.slot}`, encodeSlot(foreign));
    bed.store.objects.set("keys/0000000000000000", encodeSlot({ ...forged, slot: "0000000000000000" }));
    bed.store.objects.set(`keys/${forged.slot}`, encodeSlot(forged));
    bed.store.objects.set("keys/0000000000000001", Buffer.from("{"));
    bed.store.objects.set("keys/0000000000000002", Buffer.alloc(2 ** 20));
    bed.store.objects.set("keys/README.txt", Buffer.from("not a slot"));
    expect((await openAt(bed.store, { key })).id).toBe(bed.repository.id);
    bed.store.objects.delete(good);
    const failure = await failureOf(openAt(bed.store, { key }));
    expect([failure.name, failure.code]).toEqual(["IntegrityError", "DamagedConfiguration"]);
    bed.store.objects.delete(`keys/${forged.slot}`);
    const wrong = await failureOf(openAt(bed.store, { key }));
    expect([wrong.name, wrong.code]).toEqual(["ConfigurationError", "WrongKey"]);
    for (const name of ["keys/0000000000000000", "keys/0000000000000001", "keys/0000000000000002", `keys/${foreign.slot}`]) expect(wrong.message).toContain(name);
  });

  it("says that slots are damaged where no intact one could have opened", async () => {
    const bed = await KeyBed.open();
    bed.store.objects.set(bed.slotNames[0]!, Buffer.from("{}"));
    const failure = await failureOf(openAt(bed.store, { key }));
    expect([failure.name, failure.code]).toEqual(["IntegrityError", "DamagedKeySlot"]);
    expect(failure.message).toContain(bed.slotNames[0]);
  });

  it("says which kinds there are where none fits", async () => {
    const bed = await KeyBed.open();
    expect((await failureOf(openAt(bed.store, { passphrase }))).message).toContain("fits no key slot of the repository: there are raw.");
  });

  it("refuses parameters that would eat the machine, and a thousand slots, and still opens by what was there first", async () => {
    const bed = await KeyBed.open();
    const name = await bed.plant({ kind: "passphrase", passphrase });
    const slot = JSON.parse(bed.store.objects.get(name)!.toString()) as { kdf: Record<string, unknown> };
    for (const kdf of [{ N: 2 ** 21 }, { N: 2 ** 20, r: 16 }, { N: 2 ** 20, r: 2, p: 16 }, { N: 3 }, { p: 17 }, { r: 33 }, { N: 2 ** 40 }, { N: -2 }, { N: 1e300 }]) {
      bed.store.objects.set(name, Buffer.from(JSON.stringify({ ...slot, kdf: { ...slot.kdf, ...kdf } })));
      const failure = await failureOf(openAt(bed.store, { passphrase }));
      expect([failure.code, failure.message.includes(name)]).toEqual(["DamagedKeySlot", true]);
    }
    bed.store.objects.delete(name);
    const heavy = JSON.stringify({ ...slot, kdf: { ...slot.kdf, ...cheapScrypt } });
    const reads = { count: 0 };
    for (let number = 0; number < 1000; number += 1) {
      const id = number.toString(16).padStart(16, "0");
      bed.store.objects.set(`keys/${id}`, Buffer.from(heavy.replace(/"slot":"[0-9a-f]+"/, `"slot":"${id}"`)));
    }
    const counting = storeWith(bed.store, {
      get: async (object: string) => {
        reads.count += 1;
        return await bed.store.get(object);
      },
      // As S3 does, it says when an object was written: the planted ones came later.
      list: async function* (prefix: string) {
        for await (const info of bed.store.list(prefix)) yield { ...info, modifiedAt: new Date(info.name.startsWith("keys/0000000000000") ? 2 : 1) };
      },
    });
    expect((await openAt(counting, { key })).id).toBe(bed.repository.id);
    reads.count = 0;
    expect((await failureOf(openAt(counting, { passphrase }))).code).toBe("WrongKey");
    expect(reads.count).toBeLessThanOrEqual(257);
  });

  it("asks the key provider once, and goes on to other slots where it refuses", async () => {
    const bed = await KeyBed.open();
    const own = new MemoryKeyProvider();
    const ids = ["1", "2"].map((digit) => `arn:aws:kms:eu-west-1:111122223333:key/${digit.repeat(8)}-1111-1111-1111-${digit.repeat(12)}`) as [string, string];
    for (const keyId of ids) await bed.plant({ kind: "kms", keyId, provider: own });
    own.calls = 0;
    await openAt(bed.store, { kmsKeyId: ids[1], keyProvider: own });
    expect(own.calls).toBe(1);
    own.disabled.add(ids[0]);
    expect((await failureOf(openAt(bed.store, { kmsKeyId: ids[0], keyProvider: own }))).code).toBe("KeyDisabled");
    expect((await failureOf(openAt(bed.store, { kmsKeyId: ids[0].replaceAll("1111", "3333"), keyProvider: own }))).message).toContain(`kms with ${ids[0]}`);
    await openAt(bed.store, { kmsKeyId: ids[1], keyProvider: own });
  });

  it("binds a slot to its repository and role: none can be moved or raised", async () => {
    const bed = await KeyBed.open();
    const slot = await sealSlot(bed.keys, { source: { kind: "raw", key }, role: "collector", createdAt: new Date() });
    expect(await openSlot(slot, { kind: "raw", key })).toHaveLength(64);
    for (const change of [{ role: "owner" }, { role: "writer" }, { repositoryId: "0".repeat(32) }, { label: "mine" }, { createdAt: "2020-01-01T00:00:00.000Z" }]) {
      expect(await openSlot({ ...slot, ...change } as typeof slot, { kind: "raw", key })).toBeUndefined();
    }
  });
});
