/**
 * A store of one's own: objects in the memory of this process. It is the shortest that keeps the contract of `ObjectStore`,
 * and passes `objectStoreConformance` of `holdfast/testing`, as any other must: `npx tsx examples/custom-object-store.ts`
 */
import { createHash, randomBytes } from "node:crypto";
import { ConfigurationError, ConflictError, IntegrityError, NotFoundError, Policy, Repository, Restore, type CallOptions, type GetOptions, type ObjectContent, type ObjectInfo, type ObjectStorage, type ObjectStore, type PutOptions } from "holdfast";
import { runExample, type Print } from "./support/run-example.js";
import { holds, inWorld, makeVolume, noise, region } from "./support/world.js";

export class ProcessStore implements ObjectStore {
  readonly location = "memory:";
  readonly #objects = new Map<string, Buffer>();

  // Between the check of the condition and the write nothing is awaited: in one process, that makes them one step.
  async put(name: string, body: Uint8Array | readonly Uint8Array[], { condition, lock, signal }: PutOptions = {}): Promise<ObjectInfo> {
    signal?.throwIfAborted();
    if (lock !== undefined) throw new ConfigurationError("Memory cannot lock an object. Use a store that can.", { code: "ObjectLockNotEnabled" });
    const present = this.#objects.get(checked(name));
    const isMet = condition === undefined || (condition === "absent" ? present === undefined : present !== undefined && etagOf(present) === condition.etag);
    if (!isMet) throw new ConflictError(`${name} is not as the condition says. Read it again, then decide.`, { code: "ConditionFailed", context: { name } });
    const bytes = Buffer.concat(body instanceof Uint8Array ? [body] : body);
    this.#objects.set(name, bytes);
    return infoOf(name, bytes);
  }

  async get(name: string, { range, signal }: GetOptions = {}): Promise<ObjectContent> {
    signal?.throwIfAborted();
    const bytes = this.#objects.get(checked(name));
    if (bytes === undefined) throw new NotFoundError(`There is no object ${name}.`, { code: "ObjectNotFound", context: { name } });
    return { ...infoOf(name, bytes), body: Buffer.from(range === undefined ? bytes : part(name, bytes, range)) };
  }

  async head(name: string, { signal }: CallOptions = {}): Promise<ObjectInfo | undefined> {
    signal?.throwIfAborted();
    const bytes = this.#objects.get(checked(name));
    return bytes && infoOf(name, bytes);
  }

  async *list(prefix: string, { startAfter = "", signal }: CallOptions & { readonly startAfter?: string | undefined } = {}): AsyncIterable<ObjectInfo> {
    const names = [...this.#objects.keys()].filter((name) => name.startsWith(prefix) && name > startAfter).sort();
    for (const name of names) {
      signal?.throwIfAborted();
      const bytes = this.#objects.get(name);
      if (bytes !== undefined) yield infoOf(name, bytes);
    }
  }

  async delete(name: string, { etag, signal }: CallOptions & { readonly etag?: string | undefined } = {}): Promise<void> {
    signal?.throwIfAborted();
    const present = this.#objects.get(checked(name));
    if (etag !== undefined && present !== undefined && etagOf(present) !== etag) throw new ConflictError(`${name} is another version.`, { code: "ConditionFailed", context: { name } });
    this.#objects.delete(name);
  }
}

function checked(name: string): string {
  const isGood = name.length <= 512 && name.split("/").every((part) => /^[A-Za-z0-9._-]+$/.test(part) && part !== "." && part !== "..");
  if (!isGood) throw new ConfigurationError(`The object's name ${JSON.stringify(name)} is not allowed.`, { code: "InvalidObjectName" });
  return name;
}

/** A range that the object does not have means that it was truncated: the engine asks for what it once stored. */
function part(name: string, bytes: Buffer, range: NonNullable<GetOptions["range"]>): Buffer {
  const length = "suffix" in range ? range.suffix : range.length;
  const offset = "suffix" in range ? Math.max(0, bytes.length - range.suffix) : range.offset;
  if (!Number.isInteger(offset) || offset < 0 || !Number.isInteger(length) || length < 1) throw new ConfigurationError(`${JSON.stringify(range)} is no range.`, { code: "InvalidRange" });
  if (!("suffix" in range) && offset + length > bytes.length) throw new IntegrityError(`${name} ends before ${JSON.stringify(range)}.`, { code: "ObjectTruncated", context: { name } });
  return bytes.subarray(offset, offset + length);
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
