import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Repository } from "../../src/repository/repository.js";
import { createWorkerKeyPair, openEnvelope, sealEnvelope } from "../../src/mover/protocol/envelope.js";
import { workerAccount, MemoryWorkerCompute } from "../support/memory-workers.js";
import { key } from "../support/backup-world.js";
import { MemoryObjectStore } from "../support/memory-object-store.js";

const place = { bucket: "backups", prefix: "", region: "eu-west-1", account: workerAccount(new MemoryWorkerCompute()) };

async function open(canBeReached = true): Promise<{ readonly store: MemoryObjectStore; readonly repository: Repository }> {
  const store = new MemoryObjectStore();
  const storage = { location: "memory", openStore: () => Promise.resolve(store), ...(canBeReached && { place }) };
  return { store, repository: await Repository.create({ storage, encryption: { key } }) };
}

describe("a repository's keys on their way to a worker", () => {
  it("are those of a role, open that repository and no other, and show nowhere", async () => {
    const { store, repository } = await open();
    const handed = repository.handOver("writer");
    const secret = handed.secret();
    for (const text of [inspect(handed, { depth: 9 }), JSON.stringify({ ...handed, place: undefined })]) {
      expect(text).not.toContain(secret.toString("hex").slice(0, 16));
      expect(text).not.toContain(secret.toString("base64").slice(0, 16));
    }
    const storage = { location: "memory", openStore: () => Promise.resolve(store) };
    const opened = await Repository.openWithKeys({ storage, repositoryId: repository.id, role: "writer", secret });
    expect(opened.id).toBe(repository.id);
    // a worker can hand on no more than it was given
    expect(() => opened.handOver("writer")).toThrow(/workers on other machines cannot reach it/);
    const other = await open();
    await expect(Repository.openWithKeys({ storage: { location: "memory", openStore: () => Promise.resolve(other.store) }, repositoryId: repository.id, role: "writer", secret })).rejects.toMatchObject({ code: "OtherRepository" });
    await expect(Repository.openWithKeys({ storage, repositoryId: repository.id, role: "restore", secret: Buffer.alloc(160, 1) })).rejects.toMatchObject({ code: "OtherRepository" });
  });

  it("do not leave where no other machine can reach the repository", async () => {
    const { repository } = await open(false);
    expect(() => repository.handOver("writer")).toThrow(expect.objectContaining({ code: "NotReachable" }));
  });

  it("are sealed to one worker and one order: no bit, name or key may be another", () => {
    const keys = createWorkerKeyPair();
    const sealed = sealEnvelope(keys.publicKey, "tasks/a/1/order.json", Buffer.from("secret"));
    expect(openEnvelope(keys, "tasks/a/1/order.json", sealed).toString()).toBe("secret");
    expect(sealEnvelope(keys.publicKey, "tasks/a/1/order.json", Buffer.from("secret")).equals(sealed)).toBe(false);
    expect(() => openEnvelope(keys, "tasks/a/2/order.json", sealed)).toThrow(expect.objectContaining({ code: "DamagedOrder" }));
    expect(() => openEnvelope(createWorkerKeyPair(), "tasks/a/1/order.json", sealed)).toThrow(expect.objectContaining({ code: "DamagedOrder" }));
    for (const position of [0, 31, 40, sealed.length - 1]) {
      const damaged = Buffer.from(sealed);
      damaged.writeUInt8(damaged.readUInt8(position) ^ 1, position);
      expect(() => openEnvelope(keys, "tasks/a/1/order.json", damaged)).toThrow(expect.objectContaining({ code: "DamagedOrder" }));
    }
    expect(() => openEnvelope(keys, "tasks/a/1/order.json", Buffer.alloc(10))).toThrow(expect.objectContaining({ code: "DamagedOrder" }));
  });
});
