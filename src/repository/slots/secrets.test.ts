import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { key } from "../../../test/support/backup-world.js";
import { KeyBed, openAt, otherKey, passphrase } from "../../../test/support/key-bed.js";
import { MemoryKeyProvider } from "../../../test/support/memory-key-provider.js";

/** Every way in which somebody might have a value written down: texts of it, and all that hangs on it and can be reached. */
function writtenDown(value: unknown): string {
  const texts: string[] = [inspect(value, { depth: 20, showHidden: true }), JSON.stringify(value), String(value)];
  const seen = new Set<unknown>();
  const walk = (part: unknown): void => {
    if (typeof part === "string") texts.push(part);
    if (ArrayBuffer.isView(part)) texts.push(Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString("hex"));
    if ((typeof part !== "object" && typeof part !== "function") || part === null || seen.has(part) || ArrayBuffer.isView(part)) return;
    seen.add(part);
    for (const name of Reflect.ownKeys(part)) {
      texts.push(String(name));
      const descriptor = Reflect.getOwnPropertyDescriptor(part, name);
      if (descriptor !== undefined && "value" in descriptor) walk(descriptor.value);
    }
    if (part instanceof Map || part instanceof Set) for (const entry of part) walk(entry);
    walk(Reflect.getPrototypeOf(part));
  };
  walk(value);
  return texts.join("\n");
}

describe("secrets", () => {
  it("hang on nothing that is given out: repositories, keys, slots, errors", async () => {
    const bed = await KeyBed.open();
    await bed.plant({ kind: "passphrase", passphrase });
    const provider = new MemoryKeyProvider();
    const { recoveryKey, slot } = await bed.repository.keys.addRecoveryKey();
    const root = bed.keys.secretOf("owner");
    const derived = ["structure", "metadata", "configuration", "slots"] as const;
    const secrets = [root, ...derived.map((name) => bed.keys[name]), key, otherKey].flatMap((bytes) => [bytes.toString("hex"), bytes.toString("base64"), bytes.toString("latin1"), bytes.join(", ")]);
    const failures: unknown[] = [];
    const wrongRecovery = recoveryKey.replace(/.$/, (last) => (last === "7" ? "8" : "7"));
    const attempts = [
      () => openAt(bed.store, { passphrase: `${passphrase} no` }),
      () => openAt(bed.store, { key: otherKey }),
      () => openAt(bed.store, { recoveryKey: wrongRecovery }),
      () => openAt(bed.store, { passphrase, key }),
      () => openAt(bed.store, { passphrase: "short" }),
      () => openAt(bed.store, { kmsKeyId: "alias/none", keyProvider: provider }),
      () => bed.repository.keys.add({ key: otherKey, keyProvider: provider }),
      () => bed.repository.keys.rotate("0".repeat(16), { key: otherKey }),
      () => bed.repository.keys.remove(bed.slotNames[0]!),
    ];
    for (const attempt of attempts) failures.push(await attempt().then(() => "opened", (error: unknown) => error));
    expect(failures).not.toContain("opened");
    const opened = [await openAt(bed.store, { key }), await openAt(bed.store, { passphrase }), await openAt(bed.store, { recoveryKey })];
    const text = writtenDown([bed.repository, bed.keys, bed.repository.keys, slot, opened, failures]);
    for (const secret of [...secrets, passphrase, `${passphrase} no`, recoveryKey, recoveryKey.replaceAll("-", ""), wrongRecovery]) expect(text).not.toContain(secret);
    expect(inspect(bed.repository.keys)).toBe("RepositoryKeys { role: owner }");
    expect(inspect(bed.keys)).toBe("KeyRing { role: owner }");
    // What walks finds what is there to be found.
    expect(writtenDown({ a: new Map([["b", { c: key }]]) })).toContain(key.toString("hex"));
  });
});
