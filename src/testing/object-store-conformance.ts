import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { HoldfastError } from "../errors/index.js";
import { maxDeletedNames, type ObjectStore } from "../ports/index.js";
import { raises } from "./raises.js";
import { SeededRandom } from "./seeded-random.js";

/** How an `ObjectStore` is held to its contract. */
export interface ObjectStoreConformanceOptions {
  /** Declares a test: vitest's or node:test's `test`, or anything with their form. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Opens a store that is empty and nobody else's. What it makes is the caller's to remove after the tests. */
  readonly open: () => Promise<ObjectStore>;
  /** Opens the same store again, as another process would: to see what is there from anywhere. */
  readonly reopen?: ((store: ObjectStore) => Promise<ObjectStore>) | undefined;
}

const mebibyte = 2 ** 20;
const writers = 20;

/**
 * The contract of `ObjectStore` as tests: names are sentences, failures are those of `node:assert`. Runs with any framework.
 *
 * @example
 * describe("my store", () => {
 *   objectStoreConformance({ test: it, open: async () => new MyObjectStore(await emptyFolder()) });
 * });
 */
export function objectStoreConformance({ test, open, reopen }: ObjectStoreConformanceOptions): void {
  const random = new SeededRandom(20_260_101);

  test("gives back what was put, of any size, from one buffer or several", async () => {
    const store = await open();
    for (const sizeBytes of [0, 1, 65_535, 65_537, 3 * mebibyte + 1]) {
      const bytes = noise(random, sizeBytes);
      const parts = [bytes.subarray(0, sizeBytes >> 2), bytes.subarray(sizeBytes >> 2, sizeBytes >> 1), Buffer.alloc(0), bytes.subarray(sizeBytes >> 1)];
      const sha256 = createHash("sha256").update(bytes).digest();
      for (const [name, body] of [[`whole/${sizeBytes}`, bytes], [`parts/${sizeBytes}`, parts]] as const) {
        const put = await store.put(name, body, { sha256 });
        const got = await store.get(name);
        assert.ok(got.body.equals(bytes), `${name} came back as something else`);
        assert.deepEqual([put.name, put.sizeBytes, got.name, got.sizeBytes, got.etag], [name, sizeBytes, name, sizeBytes, put.etag]);
      }
    }
  });

  test("keeps an object apart from the buffers that it came from and went to", async () => {
    const store = await open();
    const bytes = Buffer.from("before");
    await store.put("a", bytes);
    bytes.fill("x");
    const { body } = await store.get("a");
    body.fill("y");
    assert.equal((await store.get("a")).body.toString(), "before");
  });

  test("replaces an object as a whole, under another etag", async () => {
    const store = await open();
    const first = await store.put("a/b", Buffer.from("a long first content"));
    const second = await store.put("a/b", Buffer.from("second"));
    assert.notEqual(first.etag, second.etag);
    assert.equal((await store.get("a/b")).body.toString(), "second");
    assert.deepEqual(pick(await store.head("a/b")), { name: "a/b", sizeBytes: 6, etag: second.etag });
  });

  test("shows a reader whole objects only, while they are replaced", async () => {
    const store = await open();
    const body = (value: number): Buffer => Buffer.alloc(20_000 + value * 4_001, value);
    await store.put("busy", body(0));
    const write = async (): Promise<void> => {
      for (let value = 1; value <= 15; value++) await store.put("busy", body(value));
    };
    let isDone = false;
    const read = async (): Promise<void> => {
      while (!isDone) {
        const got = (await store.get("busy")).body;
        assert.ok(got.equals(body(got[0] ?? 0)), "a part of an object was seen");
        // A store that waits for a timer must get its turn.
        await turn();
      }
    };
    const readers = Promise.all([read(), read()]);
    await write().finally(() => {
      isDone = true;
    });
    await readers;
  });

  test("shows what was put and removed to everybody at once", async () => {
    const store = await open();
    const other = (await reopen?.(store)) ?? store;
    assert.equal(await other.head("new/object"), undefined);
    const { etag } = await store.put("new/object", Buffer.from("x"));
    assert.equal((await other.head("new/object"))?.etag, etag);
    assert.deepEqual(await names(other, "new/"), ["new/object"]);
    await store.put("new/object", Buffer.from("changed"));
    assert.equal((await other.get("new/object")).body.toString(), "changed");
    await other.delete("new/object");
    assert.equal(await store.head("new/object"), undefined);
    assert.deepEqual(await names(store, ""), []);
  });

  test("says that an object is not there, and removes nothing without complaint", async () => {
    const store = await open();
    await raises(store.get("none"), "NotFoundError", "ObjectNotFound");
    await raises(store.get("none", { range: { suffix: 1 } }), "NotFoundError", "ObjectNotFound");
    assert.equal(await store.head("none"), undefined);
    await store.delete("none");
    await store.delete("none", { etag: "whatever" });
    assert.deepEqual(await names(store, ""), []);
  });

  test("reads ranges and last bytes, with the whole object's size", async () => {
    const store = await open();
    const bytes = noise(random, 100_000);
    const { etag } = await store.put("ranged", bytes);
    for (const [offset, length] of [[0, 1], [0, 100_000], [99_999, 1], [12_345, 54_321]] as const) {
      const got = await store.get("ranged", { range: { offset, length } });
      assert.ok(got.body.equals(bytes.subarray(offset, offset + length)), `${offset}+${length}`);
      assert.deepEqual(pick(got), { name: "ranged", sizeBytes: 100_000, etag });
    }
    for (const suffix of [1, 99_999, 100_000, 200_000]) assert.ok((await store.get("ranged", { range: { suffix } })).body.equals(bytes.subarray(-suffix)), `last ${suffix}`);
    await store.put("empty", Buffer.alloc(0));
    assert.equal((await store.get("empty", { range: { suffix: 10 } })).body.length, 0);
  });

  test("gives what was asked for whatever memory it is given for it", async () => {
    const store = await open();
    const bytes = noise(random, 70_000);
    await store.put("lent", bytes);
    for (const lengthBytes of [50_000, 49_999, 50_001]) {
      const into = Buffer.alloc(lengthBytes);
      const { body } = await store.get("lent", { range: { offset: 10, length: 50_000 }, into });
      assert.ok(body.equals(bytes.subarray(10, 50_010)), `into ${String(lengthBytes)} bytes`);
    }
  });

  test("takes an object that ends before the range for a damaged one", async () => {
    const store = await open();
    await store.put("short", Buffer.alloc(100));
    for (const range of [{ offset: 0, length: 101 }, { offset: 99, length: 2 }, { offset: 100, length: 1 }, { offset: 5_000, length: 10 }]) {
      await raises(store.get("short", { range }), "IntegrityError", "ObjectTruncated");
    }
    for (const range of [{ offset: -1, length: 1 }, { offset: 0, length: 0 }, { suffix: 0 }, { offset: 0.5, length: 1 }]) {
      await raises(store.get("short", { range }), "ConfigurationError", "InvalidRange");
    }
  });

  test("puts only where nothing is, on that condition", async () => {
    const store = await open();
    await store.put("once", Buffer.from("first"), { condition: "absent" });
    await raises(store.put("once", Buffer.from("second"), { condition: "absent" }), "ConflictError", "ConditionFailed");
    assert.equal((await store.get("once")).body.toString(), "first");
    await store.delete("once");
    await store.put("once", Buffer.from("third"), { condition: "absent" });
    assert.equal((await store.get("once")).body.toString(), "third");
  });

  test("puts only over the version that is meant, on that condition", async () => {
    const store = await open();
    await raises(store.put("swap", Buffer.from("x"), { condition: { etag: '"0123456789abcdef0123456789abcdef"' } }), "ConflictError", "ConditionFailed");
    const first = await store.put("swap", Buffer.from("first"));
    const second = await store.put("swap", Buffer.from("second"), { condition: { etag: first.etag } });
    await raises(store.put("swap", Buffer.from("late"), { condition: { etag: first.etag } }), "ConflictError", "ConditionFailed");
    assert.equal((await store.get("swap")).etag, second.etag);
    await store.delete("swap");
    await raises(store.put("swap", Buffer.from("late"), { condition: { etag: second.etag } }), "ConflictError", "ConditionFailed");
    assert.equal(await store.head("swap"), undefined);
  });

  test("lets one of many concurrent conditional puts win", async () => {
    const store = await open();
    const bodies = Array.from({ length: writers }, (_, index) => Buffer.from(`writer ${index}`));
    const winner = await soleWinner(bodies.map((body) => store.put("race", body, { condition: "absent" })));
    const first = await store.get("race");
    assert.equal(first.body.toString(), `writer ${winner}`);
    const next = await soleWinner(bodies.map((body) => store.put("race", Buffer.concat([body, body]), { condition: { etag: first.etag } })));
    assert.equal((await store.get("race")).body.toString(), `writer ${next}writer ${next}`);
  });

  test("removes only the version that is meant, where it is told which", async () => {
    const store = await open();
    const first = await store.put("gone", Buffer.from("first"));
    const second = await store.put("gone", Buffer.from("second"));
    await raises(store.delete("gone", { etag: first.etag }), "ConflictError", "ConditionFailed");
    assert.equal((await store.head("gone"))?.etag, second.etag);
    await store.delete("gone", { etag: second.etag });
    assert.equal(await store.head("gone"), undefined);
  });

  test("removes several objects at once, and no other, where it can", async () => {
    const store = await open();
    if (store.deleteMany === undefined) return;
    const all = Array.from({ length: 7 }, (_, number) => `many/${String(number)}`);
    for (const name of [...all, "many-1/2", "manyfold"]) await store.put(name, Buffer.from(name));
    await store.deleteMany([]);
    await raises(store.deleteMany([...all, "many//"]), "ConfigurationError", "InvalidObjectName");
    await raises(store.deleteMany(Array.from({ length: maxDeletedNames + 1 }, (_, number) => `many/${String(number)}`)), "ConfigurationError", "TooManyNames");
    const reason = new Error("enough");
    await assert.rejects(store.deleteMany(all, { signal: AbortSignal.abort(reason) }), (error: unknown) => error === reason);
    assert.deepEqual(await names(store, "many/"), all);
    // what is not there is no hindrance, and neither is a name that comes twice
    await store.deleteMany(["many/none", ...all.slice(0, 6), "many/0"]);
    const other = (await reopen?.(store)) ?? store;
    assert.deepEqual(await names(other, "many"), ["many-1/2", "many/6", "manyfold"]);
    assert.equal((await other.get("many/6")).body.toString(), "many/6");
    const left = Array.from({ length: maxDeletedNames }, (_, number) => `many/${String(number)}`);
    await store.deleteMany(left);
    assert.deepEqual(await names(other, "many"), ["many-1/2", "manyfold"]);
  });

  test("lists by prefix in the order of bytes, after a name", async () => {
    const store = await open();
    const all = ["A", "a-1", "a.1", "a/10", "a/2", "a/2.x/y", "a_1", "b/c/d/e", "b/c/d-", "zz"];
    for (const [index, name] of [...all].reverse().entries()) await store.put(name, Buffer.alloc(index));
    const sorted = [...all].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const prefix of ["", "a", "a/", "a/2", "b/c", "nothing"]) assert.deepEqual(await names(store, prefix), sorted.filter((name) => name.startsWith(prefix)), `prefix ${prefix}`);
    for (const startAfter of ["A", "a/", "a/2", "a/2.y", "zz", "zzz"]) assert.deepEqual(await names(store, "", startAfter), sorted.filter((name) => name > startAfter), `after ${startAfter}`);
    assert.deepEqual(await names(store, "a", "a/2"), ["a/2.x/y", "a_1"]);
    for await (const info of store.list("")) assert.deepEqual(pick(info), pick(await store.head(info.name)));
  });

  test("refuses names that are none, and takes long ones", async () => {
    const store = await open();
    for (const name of ["", "/a", "a/", "a//b", ".", "a/..", "../a", "a/./b", "a b", "ä", "a\\b", "x".repeat(513)]) {
      await raises(store.put(name, Buffer.alloc(1)), "ConfigurationError", "InvalidObjectName");
      await raises(store.get(name), "ConfigurationError", "InvalidObjectName");
      await raises(store.head(name), "ConfigurationError", "InvalidObjectName");
      await raises(store.delete(name), "ConfigurationError", "InvalidObjectName");
    }
    const long = Array.from({ length: 4 }, () => "n".repeat(127)).join("/");
    for (const name of [long, "..a/b..", "a...b", "-", "_/-/9.z"]) {
      await store.put(name, Buffer.from(name));
      assert.equal((await store.get(name)).body.toString(), name);
    }
  });

  test("does nothing for whoever has given up", async () => {
    const store = await open();
    await store.put("there", Buffer.from("x"));
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    const isReason = (error: unknown): boolean => error === reason;
    await assert.rejects(store.put("new", Buffer.from("x"), { signal }), isReason);
    await assert.rejects(store.get("there", { signal }), isReason);
    await assert.rejects(names(store, "", undefined, signal), isReason);
    assert.deepEqual(await names(store, ""), ["there"]);
  });
}

async function names(store: ObjectStore, prefix: string, startAfter?: string, signal?: AbortSignal): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of store.list(prefix, { startAfter, signal })) found.push(name);
  return found;
}

/** The index of the one attempt that succeeded; all others must have failed on their condition. */
async function soleWinner(attempts: readonly Promise<unknown>[]): Promise<number> {
  const outcomes = await Promise.allSettled(attempts);
  const lost = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  for (const error of lost) if (!HoldfastError.isInstance(error) || error.code !== "ConditionFailed") throw error;
  assert.equal(outcomes.length - lost.length, 1, "one of them wins");
  return outcomes.findIndex(({ status }) => status === "fulfilled");
}

function pick(info: { readonly name: string; readonly sizeBytes: number; readonly etag: string } | undefined): object | undefined {
  return info === undefined ? undefined : { name: info.name, sizeBytes: info.sizeBytes, etag: info.etag };
}

/** Bytes that look random and cost little. */
function noise(random: SeededRandom, sizeBytes: number): Buffer {
  const pattern = random.bytes(Math.min(sizeBytes, 4_093));
  return sizeBytes === 0 ? Buffer.alloc(0) : Buffer.alloc(sizeBytes, pattern);
}
