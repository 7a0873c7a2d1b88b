import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { mapContext } from "../../../test/support/map-context.js";
import { MeasuringObjectStore } from "../../adapters/decorators/measuring-object-store.js";
import { MemoryObjectStore } from "../../testing/memory-object-store.js";
import type { PackReference } from "../format/dictionary-page.js";
import { objectNames, type PackId } from "../format/object-names.js";
import { pageCheck, sealPage, type PagePointer } from "../format/page.js";
import type { RepositoryContext } from "../repository-context.js";
import { PagesAtHand } from "./pages-at-hand.js";
import { readPage, readPages, type PageSource } from "./read-pages.js";

const id: PackId = { kind: "meta", sessionId: "00112233445566778899aabbccddeeff", number: 0 };
const name = objectNames.pack(id);

let memory: MemoryObjectStore;
let store: MeasuringObjectStore;
let context: RepositoryContext;
let plains: Buffer[];
let pointers: PagePointer[];
let warnings: string[];

/** A meta pack with leaves of such lengths, one after another. */
async function makePack(lengths: readonly number[]): Promise<void> {
  plains = lengths.map((length) => randomBytes(length));
  pointers = [];
  const pages: Buffer[] = [];
  let offset = 0;
  for (const plain of plains) {
    const page = sealPage(context.keys, name, offset, "leaf", plain);
    pointers.push({ ordinal: 7, offset, length: page.length, check: Buffer.from(pageCheck(plain)) });
    pages.push(page);
    offset += page.length;
  }
  await memory.put(name, Buffer.concat(pages));
}

function newSource(): PageSource {
  const reference: PackReference = { id, sizeBytes: 0, sha256: Buffer.alloc(16), versionId: undefined, lockedUntilMs: 0 };
  return { context, packReference: () => Promise.resolve(reference), atHand: new PagesAtHand() };
}

async function read(source: PageSource, number: number): Promise<Buffer> {
  return await readPage(source, pointers[number]!, "leaf", { neighbours: pointers.filter((_, other) => other !== number) });
}

beforeEach(() => {
  memory = new MemoryObjectStore();
  store = new MeasuringObjectStore(memory);
  warnings = [];
  context = mapContext(store, (message) => void warnings.push(message));
});

describe("a page of a block map", () => {
  it("brings along those beside it, by one request, wherever the map is begun", async () => {
    await makePack(new Array<number>(30).fill(6_000));
    for (const first of [0, 13, 29]) {
      store.reset();
      const source = newSource();
      for (const number of [first, ...plains.keys()]) expect((await read(source, number)).equals(plains[number]!)).toBe(true);
      expect(store.measures().get).toMatchObject({ calls: 1, bytes: memory.objects.get(name)!.length });
    }
  });

  it("is taken from what is at hand by who reads many at once, and the others by one request", async () => {
    await makePack(new Array<number>(60).fill(6_000));
    const source = newSource();
    await read(source, 0);
    store.reset();
    const pages = await readPages(source, pointers, "leaf", {});
    for (const [number, page] of pages.entries()) expect(page.equals(plains[number]!)).toBe(true);
    expect(store.measures().get).toMatchObject({ calls: 1 });
    expect(store.measures().get.bytes).toBeLessThan(memory.objects.get(name)!.length / 2);
  });

  it("brings nothing along a second time", async () => {
    await makePack(new Array<number>(60).fill(6_000));
    const source = newSource();
    for (const number of plains.keys()) await read(source, number);
    expect(store.measures().get).toMatchObject({ calls: 2, bytes: memory.objects.get(name)!.length });
  });

  it("brings no more than is worth a request, and nothing across a wide gap", async () => {
    await makePack([...new Array<number>(50).fill(6_000), 65_536, ...new Array<number>(10).fill(6_000)]);
    await read(newSource(), 0);
    expect(store.measures().get.bytes).toBeLessThanOrEqual(256 * 1024);
    pointers.splice(50, 1);
    plains.splice(50, 1);
    store.reset();
    const source = newSource();
    for (let number = 45; number < 60; number++) expect((await read(source, number)).equals(plains[number]!)).toBe(true);
    expect(store.measures().get.calls).toBe(2);
    expect(store.measures().get.bytes).toBeLessThanOrEqual(256 * 1024 + 10 * 6_100);
  });

  it("is read once by all who want it and those beside it at the same time", async () => {
    await makePack(new Array<number>(30).fill(6_000));
    const source = newSource();
    const pages = await Promise.all(plains.map(async (_, number) => await read(source, number)));
    for (const [number, page] of pages.entries()) expect(page.equals(plains[number]!)).toBe(true);
    expect(store.measures().get.calls).toBe(1);
  });

  it("keeps a mebibyte at hand, and reads again what it has forgotten", async () => {
    await makePack(new Array<number>(400).fill(6_000));
    const source = newSource();
    for (const number of [...plains.keys(), 0]) expect((await read(source, number)).equals(plains[number]!)).toBe(true);
    const asked = store.measures().get.calls;
    await read(source, 399);
    expect(store.measures().get.calls).toBe(asked);
    expect(asked).toBe(Math.ceil(memory.objects.get(name)!.length / (256 * 1024)) + 1);
  });

  it("is as sound or as damaged as when it is read alone, whatever befell those beside it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 2, maxLength: 20 }), fc.array(fc.nat(), { maxLength: 4 }), fc.nat(), fc.boolean(), async (lengths, flips, cut, isCut) => {
        await makePack(lengths);
        const bytes = Buffer.from(memory.objects.get(name)!);
        for (const flip of flips) bytes.writeUInt8(bytes.readUInt8(flip % bytes.length) ^ 1, flip % bytes.length);
        memory.objects.set(name, isCut ? bytes.subarray(0, cut % bytes.length) : bytes);
        const source = newSource();
        const alone: PageSource = { context, packReference: (...call) => source.packReference(...call) };
        const outcome = async (from: PageSource, number: number): Promise<string> => await read(from, number).then((page) => (page.equals(plains[number]!) ? "sound" : "another"), (error: unknown) => String(error));
        for (const number of plains.keys()) expect(await outcome(source, number)).toBe(await outcome(alone, number));
        const together = async (from: PageSource): Promise<string> => await readPages(from, pointers, "leaf", {}).then((pages) => (pages.every((page, number) => page.equals(plains[number]!)) ? "sound" : "another"), (error: unknown) => (error instanceof Error ? error.name : "no error"));
        expect(await together(source)).toBe(await together(alone));
      }),
      { numRuns: 60 },
    );
  });

  it("tells of a neighbourhood that spoils it", async () => {
    await makePack([6_000, 6_000]);
    memory.objects.set(name, memory.objects.get(name)!.subarray(0, 7_000));
    expect((await read(newSource(), 0)).equals(plains[0]!)).toBe(true);
    expect(warnings).toEqual([expect.stringContaining("whole only when it was read by itself")]);
    await expect(read(newSource(), 1)).rejects.toMatchObject({ name: "IntegrityError" });
  });

  it("does not fail for the one who gave up while it was on its way", async () => {
    await makePack(new Array<number>(3).fill(6_000));
    const source = newSource();
    const giveUp = new AbortController();
    const [pointer, ...neighbours] = pointers;
    const first = readPage(source, pointer!, "leaf", { neighbours, signal: giveUp.signal });
    giveUp.abort(new Error("enough"));
    const second = read(source, 1);
    await first.catch(() => undefined);
    expect((await second).equals(plains[1]!)).toBe(true);
  });
});
