import { MemoryObjectStore } from "../../../src/testing/index.js";
import { encodeDictionaryPage, type PackReference } from "../../../src/repository/format/dictionary-page.js";
import { encodeInner, innerLeaves } from "../../../src/repository/format/inner.js";
import { emptyLeaf, encodeLeaf } from "../../../src/repository/format/leaf.js";
import { objectNames, type PackId } from "../../../src/repository/format/object-names.js";
import { pageCheck, sealPage, type PagePointer, type PageType } from "../../../src/repository/format/page.js";
import { encodeRoot } from "../../../src/repository/format/root.js";
import { readAlertState } from "../../../src/repository/history/alert-state.js";
import { RunLease } from "../../../src/repository/history/run-lease.js";
import type { SessionRecord } from "../../../src/repository/history/session-record.js";
import { KeyRing } from "../../../src/repository/keys/key-ring.js";
import { seal } from "../../../src/repository/keys/sealed-box.js";
import { BlockMap } from "../../../src/repository/map/block-map.js";
import type { RepositoryContext } from "../../../src/repository/repository-context.js";
import type { PackInventory } from "../../../src/repository/verify/pack-inventory.js";
import { VerifiedTimes } from "../../../src/repository/verify/verified-times.js";
import { sessionReport } from "../../../src/policy/reports/session-report.js";
import { measureRestore } from "../../../src/transfer/measure-restore.js";
import type { FuzzTarget } from "../target.js";

// What is read out of a store by way of an opened repository: chains of pages, and documents that a damaged state does not stop.

const keys = new KeyRing(Buffer.alloc(32, 7), Buffer.alloc(16, 1));
const now = "2026-11-24T02:00:00.000Z";
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const clock = {
  now: () => new Date(now),
  monotonicMs: () => 0,
  sleep: async (_ms: number, signal?: AbortSignal) => {
    await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true }));
  },
};

function contextOf(store: MemoryObjectStore): RepositoryContext {
  return { store, keys, clock, logger: silent } as unknown as RepositoryContext;
}

async function storeWith(name: string, bytes: Buffer): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  await store.put(name, bytes);
  return store;
}

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const words = ["null", "true", "-1", '"', "{", "}", "[", "]", '"__proto__":{"a":1}', now];
const policy = "gold";

/** A block map as a document: pages name each other by their places in its lists. */
interface MapDocument {
  readonly leaves: readonly Readonly<Record<string, "zero" | readonly [ordinal: number, offset: number, length: number, compression: number]>>[];
  readonly inners: readonly { readonly leaves: Readonly<Record<string, number>>; readonly packs: readonly (readonly [number, number])[] }[];
  readonly dictionaries: readonly Readonly<Record<string, readonly [kind: "data" | "meta", number: number, sizeBytes: number, versionId?: string]>>[];
  readonly root: {
    readonly nextOrdinal: number;
    readonly volumeSizeBytes: number;
    readonly presentBlocks: number;
    readonly inners: Readonly<Record<string, number>>;
    readonly dictionary: Readonly<Record<string, number>>;
    readonly packs: readonly (readonly [number, number])[];
  };
}

const smallMap: MapDocument = {
  leaves: [{ 0: [1, 0, 500, 1], 1: [1, 500, 500, 1], 2: "zero", 255: [2, 0, 500, 0] }, { 5: [1, 1_000, 500, 1] }],
  inners: [{ leaves: { 0: 0, 255: 1 }, packs: [[0, 2], [1, 2], [2, 1]] }],
  dictionaries: [{ 1: ["data", 1, 4_096], 2: ["data", 2, 4_096, "version"] }],
  root: { nextOrdinal: 3, volumeSizeBytes: 2 ** 36, presentBlocks: 4, inners: { 0: 0 }, dictionary: { 0: 0 }, packs: [[1, 1], [2, 1]] },
};

const metaId: PackId = { kind: "meta", sessionId: "3f".repeat(16), number: 1 };
const metaName = objectNames.pack(metaId);

/** Seals the pages as somebody with the keys could: each proves itself, and what they say of each other is the document's. */
function buildMap({ leaves, inners, dictionaries, root }: MapDocument): { readonly pack: Buffer; readonly root: PagePointer } {
  const parts: Buffer[] = [];
  let offset = 0;
  const add = (type: PageType, plain: Buffer): PagePointer => {
    const sealed = sealPage(keys, metaName, offset, type, plain);
    const pointer = { ordinal: 0, offset, length: sealed.length, check: pageCheck(plain) };
    parts.push(sealed);
    offset += sealed.length;
    return pointer;
  };
  const leafPointers = leaves.map((slots) => {
    const leaf = emptyLeaf();
    for (const [index, slot] of Object.entries(slots)) {
      if (slot === "zero") leaf[Number(index)] = "zero";
      else leaf[Number(index)] = { blockId: keys.blockId(Buffer.alloc(32, Number(index))), ordinal: slot[0], offset: slot[1], length: slot[2], compression: slot[3] };
    }
    return add("leaf", Buffer.from(encodeLeaf(leaf)));
  });
  const innerPointers = inners.map((inner) => {
    const pointers = new Array<PagePointer | undefined>(innerLeaves).fill(undefined);
    for (const [index, leaf] of Object.entries(inner.leaves)) pointers[Number(index) % innerLeaves] = leafPointers[leaf];
    return add("inner", Buffer.from(encodeInner({ leaves: pointers, packs: new Map(inner.packs) })));
  });
  const dictionaryPointers = dictionaries.map((page) => {
    const references = Object.entries(page).map(([ordinal, [kind, number, sizeBytes, versionId]]): [number, PackReference] => [Number(ordinal), { id: { kind, sessionId: metaId.sessionId, number }, sizeBytes, sha256: Buffer.alloc(16), versionId, lockedUntilMs: 0 }]);
    return add("dictionary", Buffer.from(encodeDictionaryPage(new Map(references))));
  });
  const named = (names: Readonly<Record<string, number>>, pointers: readonly PagePointer[]): Map<number, PagePointer> =>
    new Map(Object.entries(names).flatMap(([number, place]): [number, PagePointer][] => (pointers[place] === undefined ? [] : [[Number(number), pointers[place]]])));
  const { nextOrdinal, volumeSizeBytes, presentBlocks, packs } = root;
  const top = add("root", Buffer.from(encodeRoot({ nextOrdinal, volumeSizeBytes, presentBlocks, zeroBlocks: 0, inners: named(root.inners, [...innerPointers, ...leafPointers]), dictionary: named(root.dictionary, [...dictionaryPointers, ...leafPointers]), packs: new Map(packs) })));
  return { pack: Buffer.concat(parts), root: top };
}

/** A document that cannot be written as a map is none: what the writers of pages raise is theirs. */
function mapOf(input: Buffer): ReturnType<typeof buildMap> | undefined {
  try {
    return buildMap(JSON.parse(input.toString("utf8")) as MapDocument);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const openedRepositoryTargets: readonly FuzzTarget[] = [
  {
    name: "block-map",
    weight: 2,
    isJson: true,
    seeds: () => [json(smallMap), json({ ...smallMap, leaves: [], inners: [], root: { ...smallMap.root, inners: {} } })],
    run: async (input) => {
      const built = mapOf(input);
      if (built === undefined) return "no map";
      const { offset, length, check } = built.root;
      const context = contextOf(await storeWith(metaName, built.pack));
      const map = await BlockMap.open(context, { structure: { root: { offset, length, check: check.toString("hex") }, metaPack: { ordinal: 0, id: { ...metaId, kind: "meta" }, sizeBytes: built.pack.length, sha256: "00".repeat(16), lockedUntilMs: 0 } } });
      const leaves = await map.openAllPages();
      const { blocks, storeReads } = await measureRestore(map);
      return `${String(Math.min(3, leaves))} leaves, ${String(Math.min(5, blocks))} blocks, ${String(Math.min(3, storeReads))} reads, ${String(Math.min(4, map.reachedOrdinals.length))} packs`;
    },
    tokens: words,
  },
  {
    name: "alert-state",
    isJson: true,
    seeds: () => [json({ version: 1, alerts: [{ id: "a", policy, condition: "run-failed", subject: "b", severity: "error", text: "c", raisedAt: now, toldOfBeginning: ["d"], toldOfEnd: [] }], tellingUntil: now })],
    run: async (input) => {
      const name = objectNames.alerts(keys.policyName(policy));
      const store = await storeWith(name, seal({ key: keys.metadata, repositoryId: keys.repositoryId, name, label: "alerts" }, input));
      const { state } = await readAlertState(contextOf(store), policy, {});
      return `${String(Math.min(3, state.alerts.length))} alerts`;
    },
    tokens: words,
  },
  {
    name: "run-lease",
    isJson: true,
    seeds: () => [json({ version: 1, session: "ab".repeat(16), startedAt: now, renewedAt: now }), json({ version: 1, session: "ab".repeat(16), startedAt: now, renewedAt: "2026-11-23T02:00:00.000Z" })],
    run: async (input) => {
      const name = objectNames.runLease(keys.policyName(policy));
      const store = await storeWith(name, seal({ key: keys.structure, repositoryId: keys.repositoryId, name, label: "run lease" }, input));
      const { lease, lapsed } = await RunLease.take(contextOf(store), { policy, session: "cd".repeat(16), startedAt: new Date(now) }, {});
      await lease.end();
      return lapsed === undefined ? "no lease" : "a lapsed lease";
    },
    tokens: words,
  },
  {
    name: "verified-times",
    seeds: () => [Buffer.concat([Buffer.from([0, 0, 0, 1, 0, 0, 0, 1]), Buffer.alloc(8, 3), Buffer.from([0, 0, 0, 9])])],
    run: async (input) => {
      const name = objectNames.verifiedTimes(0);
      const store = await storeWith(name, seal({ key: keys.structure, repositoryId: keys.repositoryId, name, label: "verified" }, input));
      const warnings: string[] = [];
      const context = { ...contextOf(store), logger: { ...silent, warn: (_text: string, facts: Readonly<Record<string, unknown>>) => warnings.push(String(facts["error"])) } };
      await new VerifiedTimes(context, { size: 0 } as unknown as PackInventory).load({});
      return warnings.join(" ").replace(/\d+/g, "_");
    },
  },
  {
    name: "session-report",
    weight: 2,
    isJson: true,
    seeds: () => [
      json({
        version: 1, session: "d".repeat(32), policy, state: "failed", startedAt: now, endedAt: now, error: { name: "a", message: "b", code: "c" }, requests: [{ service: "s3", operation: "a", region: "b", requests: 1, throttled: 0, failed: 0 }], events: [{ at: now, type: "a:b", x: { y: [1] } }],
        result: { repository: "r", resources: [{ resource: "1/eu-west-1/vol-1", kind: "volume", outcome: "succeeded", point: "p", volumes: [{ volumeId: "vol-1", method: "full", fullReason: "first", sizeBytes: 2 ** 30, storedBytes: 5, blocks: { read: 1, changed: 1, audited: 0 }, startedAt: now, endedAt: now, durationMs: 1 }], replicas: [{ region: "a" }], archived: ["a"], removed: ["b"], warnings: [{ message: "m", code: "c" }], attempts: 1, startedAt: now, endedAt: now, durationMs: 5 }, { resource: "r2", kind: "instance", outcome: "skipped", reason: "none", error: { message: "e", code: "f" }, volumes: [], replicas: [], archived: [], removed: [], warnings: [], attempts: 0, startedAt: now, endedAt: now, durationMs: 0 }] },
      }),
      json({ version: 1, session: "d".repeat(32), kind: "verification", state: "succeeded", startedAt: now, events: [], result: { isHealthy: true, n: 1, findings: [{ object: "o", problem: "p" }] } }),
    ],
    run: (input) => {
      let record: SessionRecord;
      try {
        // what a record's schema leaves open is its result and its events
        const { result, events } = JSON.parse(input.toString("utf8")) as { readonly result: unknown; readonly events: unknown };
        record = { session: "d".repeat(32), policy, state: "failed", startedAt: now, endedAt: now, result: isRecord(result) ? result : {}, events: Array.isArray(events) ? events.filter(isRecord) : [] };
      } catch {
        return "no record";
      }
      const page = sessionReport(record);
      if (/<script/i.test(page)) throw new TypeError("a script came out");
      return `${String(Math.min(4, page.split('class="resource"').length))} resources`;
    },
    tokens: [...words, "<script>", "&lt;", '"><img src=x>'],
  },
];
