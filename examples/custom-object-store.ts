/**
 * A store of one's own: objects in the memory of this process. It is the shortest that keeps the contract of `ObjectStore`,
 * and passes `objectStoreConformance` of `holdfast/testing`, as any other must: `npx tsx examples/custom-object-store.ts`
 */
import { createHash, randomBytes } from "node:crypto";
import { ConfigurationError, Policy, Repository, Restore, type CallOptions, type GetOptions, type ObjectContent, type ObjectInfo, type ObjectStorage, type ObjectStore, type PutOptions } from "holdfast";
import { checkObjectName, checkObjectPrefix, checkRange, conditionFailed, objectNotFound, resolveRange } from "holdfast/object-store";
import { runExample, type Print } from "./support/run-example.js";
import { holds, inWorld, makeVolume, noise, region } from "./support/world.js";

export class ProcessStore implements ObjectStore {
  readonly location = "memory:";
  readonly #objects = new Map<string, Buffer>();

  // Between the check of the condition and the write nothing is awaited: in one process, that makes them one step.
  async put(name: string, body: Uint8Array | readonly Uint8Array[], { condition, lock, signal }: PutOptions = {}): Promise<ObjectInfo> {
    checkObjectName(name);
    signal?.throwIfAborted();
    if (lock !== undefined) throw new ConfigurationError("Memory cannot lock an object. Use a store that can.", { code: "ObjectLockNotEnabled" });
    const present = this.#objects.get(name);
    const isMet = condition === undefined || (condition === "absent" ? present === undefined : present !== undefined && etagOf(present) === condition.etag);
    if (!isMet) throw conditionFailed(name, "it is not as the condition says");
    const bytes = Buffer.concat(body instanceof Uint8Array ? [body] : body);
    this.#objects.set(name, bytes);
    return infoOf(name, bytes);
  }

  async get(name: string, { range, signal }: GetOptions = {}): Promise<ObjectContent> {
    checkObjectName(name);
    checkRange(range);
    signal?.throwIfAborted();
    const bytes = this.#objects.get(name);
    if (bytes === undefined) throw objectNotFound(name, this.location);
    const { offset, length } = resolveRange(name, bytes.length, range);
    return { ...infoOf(name, bytes), body: Buffer.from(bytes.subarray(offset, offset + length)) };
  }

  async head(name: string, { signal }: CallOptions = {}): Promise<ObjectInfo | undefined> {
    checkObjectName(name);
    signal?.throwIfAborted();
    const bytes = this.#objects.get(name);
    return bytes && infoOf(name, bytes);
  }

  async *list(prefix: string, { startAfter = "", signal }: CallOptions & { readonly startAfter?: string | undefined } = {}): AsyncIterable<ObjectInfo> {
    checkObjectPrefix(prefix);
    const names = [...this.#objects.keys()].filter((name) => name.startsWith(prefix) && name > startAfter).sort();
    for (const name of names) {
      signal?.throwIfAborted();
      const bytes = this.#objects.get(name);
      if (bytes !== undefined) yield infoOf(name, bytes);
    }
  }

  async delete(name: string, { etag, signal }: CallOptions & { readonly etag?: string | undefined } = {}): Promise<void> {
    checkObjectName(name);
    signal?.throwIfAborted();
    const present = this.#objects.get(name);
    if (etag !== undefined && present !== undefined && etagOf(present) !== etag) throw conditionFailed(name, "it is another version");
    this.#objects.delete(name);
  }
}

// where objects may come and go with the same content, one that is random for each write is better
function etagOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function infoOf(name: string, bytes: Buffer): ObjectInfo {
  return { name, sizeBytes: bytes.length, etag: etagOf(bytes) };
}

export async function customObjectStore(print: Print): Promise<void> {
  await inWorld(async (world) => {
    const { account } = world;
    const store = new ProcessStore();
    const storage: ObjectStorage = { location: store.location, openStore: () => Promise.resolve(store) };
    const repository = await Repository.create({ storage, encryption: { key: randomBytes(32) } });
    const data = noise(20);
    const policy = new Policy({ name: "gold", account, include: [{ volume: await makeVolume(world, data) }], backup: { repository } });
    const point = (await policy.run()).resources[0]?.point ?? "";
    for await (const { name, sizeBytes } of store.list("")) print(`${name.split("/")[0] ?? name}: ${String(sizeBytes)} bytes`);
    const restored = await new Restore({ repository, account }).volume(point, { availabilityZone: `${region}a` });
    print(`restored: ${(await holds(world, restored.volumeId, data)) ? "every byte" : "NOT ALL"}`);
  });
}

await runExample(import.meta.url, customObjectStore);
