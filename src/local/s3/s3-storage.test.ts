import { readdir } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { putBucketVersioning } from "./operations/bucket/versioning.js";
import { deleteObject } from "./operations/delete-object.js";
import { getObject } from "./operations/get-object.js";
import { listObjectVersions } from "./operations/list-object-versions.js";
import { listObjectsV2 } from "./operations/list-objects.js";
import { putObject } from "./operations/put-object.js";
import { S3Storage } from "./s3-storage.js";
import { S3Bed, readBody } from "./testing/s3-bed.js";

const Bucket = "model";
const KEYS = ["a", "a/b", "a/c", "b", "é", "ｚ", "\u{1F600}"];

type Step =
  | { readonly do: "put"; readonly key: string; readonly text: string; readonly ifNoneMatch: boolean }
  | { readonly do: "delete"; readonly key: string }
  | { readonly do: "delete-version"; readonly key: string; readonly at: number }
  | { readonly do: "versioning"; readonly status: "Enabled" | "Suspended" }
  | { readonly do: "restart" };

const key = fc.constantFrom(...KEYS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("put" as const), key, text: fc.string(), ifNoneMatch: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("delete" as const), key }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("delete-version" as const), key, at: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("versioning" as const), status: fc.constantFrom("Enabled" as const, "Suspended" as const) }) },
  { weight: 1, arbitrary: fc.constant({ do: "restart" as const }) },
);

interface ModelVersion {
  readonly id: string;
  /** Absent for a delete marker. */
  readonly text?: string;
}

/** What S3's documents say of versions, in the plainest words. */
class Model {
  readonly keys = new Map<string, ModelVersion[]>();
  versioning: "Enabled" | "Suspended" | undefined;

  of(name: string): ModelVersion[] {
    return this.keys.get(name) ?? [];
  }

  add(name: string, version: ModelVersion): void {
    this.keys.set(name, [version, ...this.of(name).filter((one) => one.id !== version.id)]);
  }

  remove(name: string, id: string): void {
    this.keys.set(name, this.of(name).filter((one) => one.id !== id));
  }

  current(name: string): string | undefined {
    return this.of(name)[0]?.text;
  }

  sortedKeys(): string[] {
    return [...this.keys.keys()].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  }
}

async function carryOut(bed: S3Bed, model: Model, one: Step): Promise<void> {
  switch (one.do) {
    case "put": {
      const input = { Bucket, Key: one.key, Body: Buffer.from(one.text), IfNoneMatch: one.ifNoneMatch ? "*" : undefined };
      if (one.ifNoneMatch && model.current(one.key) !== undefined) {
        expect(await bed.refusal(putObject, input)).toBe("412 PreconditionFailed");
        return;
      }
      const { VersionId } = await bed.call(putObject, input);
      expect(VersionId === undefined).toBe(model.versioning === undefined);
      model.add(one.key, { id: VersionId ?? "null", text: one.text });
      return;
    }
    case "delete": {
      const { VersionId } = await bed.call(deleteObject, { Bucket, Key: one.key });
      if (model.versioning === undefined) model.remove(one.key, "null");
      else model.add(one.key, { id: VersionId ?? "" });
      return;
    }
    case "delete-version": {
      const versions = model.of(one.key);
      const id = versions[one.at % Math.max(1, versions.length)]?.id ?? "null";
      await bed.call(deleteObject, { Bucket, Key: one.key, VersionId: id });
      model.remove(one.key, id);
      return;
    }
    case "versioning":
      await bed.call(putBucketVersioning, { Bucket, VersioningConfiguration: { Status: one.status } });
      model.versioning = one.status;
      return;
    case "restart":
      await bed.restart();
      return;
  }
}

async function compare(bed: S3Bed, model: Model): Promise<void> {
  const { Contents: contents = [] } = await bed.call(listObjectsV2, { Bucket });
  const alive = model.sortedKeys().filter((name) => model.current(name) !== undefined);
  expect(contents.map((one) => one.Key)).toEqual(alive);
  const { Versions: versions = [], DeleteMarkers: markers = [] } = await bed.call(listObjectVersions, { Bucket });
  const expected = model.sortedKeys().flatMap((name) => model.of(name).map((version) => ({ name, ...version })));
  expect(versions.map((one) => [one.Key, one.VersionId])).toEqual(
    expected.filter((one) => one.text !== undefined).map((one) => [one.name, one.id]),
  );
  expect(markers.map((one) => [one.Key, one.VersionId])).toEqual(
    expected.filter((one) => one.text === undefined).map((one) => [one.name, one.id]),
  );
  for (const one of expected) {
    if (one.text === undefined) continue;
    const { Body: body } = await bed.call(getObject, { Bucket, Key: one.name, VersionId: one.id });
    expect((await readBody(body)).toString()).toBe(one.text);
  }
  const files = await readdir(join(bed.directory, "buckets", Bucket, "data"));
  expect(files).toHaveLength(versions.length);
}

describe("the storage", () => {
  it("does what a simple model does, over restarts, and keeps no file that nothing needs", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const bed = await S3Bed.open();
        try {
          await bed.createBucket(Bucket);
          const model = new Model();
          for (const one of steps) await carryOut(bed, model, one);
          await compare(bed, model);
          await bed.restart();
          await compare(bed, model);
        } finally {
          await bed.close();
        }
      }),
      { numRuns: 60 },
    );
  });

  it("removes at its start what a killed process had not published", async () => {
    const bed = await S3Bed.open();
    try {
      await bed.createBucket(Bucket);
      await bed.call(putObject, { Bucket, Key: "k", Body: Buffer.from("kept") });
      const { files } = bed.storage.bucket(Bucket);
      // Bytes that are written and never become an object, as of a process killed in between.
      await files.write((async function* () { yield Buffer.from("lost"); })(), () => undefined);
      expect(await readdir(files.directory)).toHaveLength(2);
      const other = await S3Storage.open({ directory: bed.directory, clock: bed.clock });
      expect(await readdir(files.directory)).toHaveLength(1);
      await other.close();
    } finally {
      await bed.close();
    }
  });

  it("takes keys quickly when it holds many", async () => {
    const { KeyIndex } = await import("./storage/key-index.js");
    const index = new KeyIndex<number>();
    const count = 100_000;
    const startedAt = performance.now();
    for (let at = 0; at < count; at++) index.set(`packs/${((at * 7_919) % count).toString(36)}/é`, at);
    for (let at = 0; at < count; at += 2) index.delete(`packs/${((at * 7_919) % count).toString(36)}/é`);
    expect(index.size).toBe(count / 2);
    const sorted = [...index.entriesFrom("")].map(([sortKey]) => sortKey);
    expect(sorted).toHaveLength(count / 2);
    expect(sorted.every((sortKey, at) => at === 0 || (sorted[at - 1] as string) < sortKey)).toBe(true);
    // Quadratic insertion would take minutes.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
