import { createCipheriv } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { crc32, gzipSync } from "node:zlib";
import { HoldfastError } from "../../../src/errors/index.js";
import { openCheckpointPart } from "../../../src/repository/format/checkpoint.js";
import { openCollectionLists } from "../../../src/repository/format/collection-step.js";
import { openCondemnedList } from "../../../src/repository/format/condemned-list.js";
import { decodeConfiguration } from "../../../src/repository/format/configuration.js";
import { decodeDictionaryPage, encodeDictionaryPage } from "../../../src/repository/format/dictionary-page.js";
import { sealEnvelope } from "../../../src/repository/format/envelope.js";
import { compressions, decodeFrameHeader, encodeFrameHeader } from "../../../src/repository/format/frame-header.js";
import { openGroup, sealGroup } from "../../../src/repository/format/group.js";
import { openPackDetails, openPackList, openShard } from "../../../src/repository/format/index-level.js";
import { openIndexManifest } from "../../../src/repository/format/index-manifest.js";
import { openIndexRun } from "../../../src/repository/format/index-run.js";
import { decodeInner, encodeInner } from "../../../src/repository/format/inner.js";
import { decodeLeaf, emptyLeaf, encodeLeaf } from "../../../src/repository/format/leaf.js";
import { openLease } from "../../../src/repository/format/lease.js";
import { objectNames } from "../../../src/repository/format/object-names.js";
import { decodeDirectory, directoryEntryBytes, encodeDirectory, encodeTrailer } from "../../../src/repository/format/pack-directory.js";
import { openPage, sealPage, type PagePointer } from "../../../src/repository/format/page.js";
import { openRecord } from "../../../src/repository/format/record.js";
import { decodeRoot, encodeRoot } from "../../../src/repository/format/root.js";
import { openWarmDirectory } from "../../../src/repository/format/warm-directory.js";
import { openSessionRecord } from "../../../src/repository/history/session-record.js";
import { openVerification } from "../../../src/repository/verified/restore-verification.js";
import { KeyRing } from "../../../src/repository/keys/key-ring.js";
import { seal, unseal } from "../../../src/repository/keys/sealed-box.js";
import { decodeSlot } from "../../../src/repository/format/slot-document.js";
import { blockCompression } from "../../../src/repository/pack/compression.js";
import { openFrame, sealFrame } from "../../../src/repository/pack/frame-codec.js";
import { openDirectory } from "../../../src/repository/pack/read-directory.js";
import { openQuarantine } from "../../../src/repository/quarantine/quarantine.js";
import { openRelocation } from "../../../src/repository/relocation/relocation.js";
import { blockSizeBytes } from "../../../src/ports/index.js";
import type { FuzzTarget } from "../target.js";

const keys = new KeyRing(Buffer.alloc(32, 7), Buffer.alloc(16, 1));
const golden = fileURLToPath(new URL("../../golden/v1/", import.meta.url));
const id = { kind: "data", sessionId: "3f".repeat(16), number: 1 } as const;
const stream = "5c".repeat(16);
const reference = { id, sizeBytes: 4_096, sha256: Buffer.alloc(16, 3), versionId: "version", lockedUntilMs: 0 };
const pointer: PagePointer = { ordinal: 1, offset: 0, length: 100, check: Buffer.alloc(16, 5) };

/** The golden repository's objects below a folder. */
async function goldenObjects(folder: string): Promise<Buffer[]> {
  const names = await readdir(`${golden}${folder}`, { recursive: true, withFileTypes: true });
  return await Promise.all(names.filter((entry) => entry.isFile()).map(async (entry) => await readFile(`${entry.parentPath}/${entry.name}`)));
}

/** What whoever has a key could have sealed: the parser behind the seal is what is looked at. */
function behindSeal(name: string, label: string, key: "structure" | "metadata", open: (sealed: Buffer) => unknown, pack: (plain: Buffer) => Buffer = (plain) => plain): (plain: Buffer) => Promise<void> {
  return async (plain) => {
    const opened: unknown = await open(seal({ key: keys[key], repositoryId: keys.repositoryId, name, label }, pack(plain)));
    walkThrough(opened);
  };
}

/** Looks at everything that a parser gives, also what it reads only when it is asked. */
function walkThrough(value: unknown): void {
  JSON.stringify(value);
  const run = value as { readonly forEach?: (visit: () => void) => void; readonly frames?: () => Iterable<unknown> } | undefined;
  if (typeof run?.frames === "function") for (const frame of run.frames()) JSON.stringify(frame);
  if (typeof run?.forEach === "function" && !Array.isArray(value)) run.forEach(() => undefined);
}

/** A sealed document of two parts, as records and groups are, out of a JSON document that says its kind and both parts. */
function envelope(magic: "HFRC" | "HFGR", name: string, input: Buffer): Buffer | undefined {
  const document = parsed(input);
  if (typeof document !== "object" || document === null) return undefined;
  const { kind, structure, metadata } = document as Readonly<Record<string, unknown>>;
  return sealEnvelope(keys, name, magic, { kind: typeof kind === "number" ? kind & 0xff : 0, structure: structure ?? null, metadata }, kind === 1 ? "even" : "odd");
}

function parsed(input: Buffer): unknown {
  try {
    return JSON.parse(input.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** A frame whose header and tag are right, around what a holder of the data key may have put in: the first byte says how it is compressed. */
function frameAround(input: Buffer): Buffer {
  const payload = input.subarray(1, 1 + blockSizeBytes);
  const header = encodeFrameHeader({ compression: (input[0] ?? 0) & 1, keyEpoch: 0, storedLength: payload.length, blockId, nonce: Buffer.alloc(12, 2) });
  const cipher = createCipheriv("aes-256-gcm", keys.blockKey(0, blockId), Buffer.alloc(12, 2));
  cipher.setAAD(Buffer.concat([keys.repositoryId, header]));
  return Buffer.concat([header, cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
}

const block = Buffer.alloc(blockSizeBytes, "the quick brown fox ");
const blockId = keys.blockId(Buffer.alloc(32, 9));
const frame = Buffer.concat(sealFrame(keys, blockId, block).parts);
const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const hex = (digit: string, bytes: number): string => digit.repeat(bytes * 2);
const now = "2026-11-24T02:00:00.000Z";
const words = ["null", "true", "-1", "1e308", '"', "{", "}", "[", "]", ",", '"__proto__":{"a":1}', '"constructor":1', "9007199254740993", "\u0000", now, hex("a", 16), hex("a", 32)];

const recordStructure = { stream, sequence: 1, previous: null, parent: null, session: hex("1", 16), nonce: hex("2", 16), gcEpoch: 0, createdAt: now, group: "groups/a/b", root: { offset: 0, length: 100, check: hex("3", 16) }, metaPack: { ordinal: 0, id: { kind: "meta", sessionId: hex("4", 16), number: 1 }, sizeBytes: 1, sha256: hex("5", 16), lockedUntilMs: 0 } };
const groupStructure = { id: "a", createdAt: now, members: [{ stream, sequence: 1, hash: hex("6", 32) }] };
const groupMetadata = { resource: "a/b/c", kind: "volume", tags: { a: "b" }, volumes: [{ stream, sequence: 1, volumeId: "vol-1", sizeBytes: 1 }] } as const;
const recordMetadata = { resource: "a/b/c", volumeId: "vol-1", snapshotId: "snap-1", volumeSizeBytes: 1, method: "full", fullReason: "first", counts: { readBlocks: 1, zeroBlocks: 0, knownBlocks: 0, storedBlocks: 1, storedBytes: 1, auditedBlocks: 0 }, startedAt: now, finishedAt: now, volume: { volumeType: "gp3", tags: { a: "b" } }, copiedFrom: { repositoryId: hex("a", 16), sequence: 1, hash: hex("b", 32) } };
const groupName = objectNames.group(hex("7", 16), "a");
const recordName = objectNames.record(stream, 1);

const leaf = emptyLeaf();
leaf[0] = { blockId, ordinal: 3, offset: 0, length: 500, compression: 1 };
leaf[255] = "zero";

const u32 = (...values: readonly number[]): Buffer => Buffer.concat(values.map((value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}));
const dictionary = Buffer.from(encodeDictionaryPage(new Map([[1, reference]])));
/** A pack reference as it is written, without what stands before it in a page. */
const writtenReference = dictionary.subarray(4);
const name = objectNames.pack(id);

export const repositoryTargets: readonly FuzzTarget[] = [
  {
    name: "frame",
    seeds: () => [frame, frame.subarray(0, 2_000)],
    run: (input) => {
      openFrame(keys, input, { blockId, length: input.length, compression: input[5] ?? 0 });
    },
  },
  {
    // a header that is as good as its checksum says
    name: "frame-header",
    seeds: () => [frame.subarray(0, 64)],
    run: (input) => {
      const header = Buffer.alloc(64);
      input.copy(header);
      header.writeUInt32BE(0x4846424b, 0);
      header.writeUInt32BE(crc32(header.subarray(0, 60)), 60);
      const { compression, storedLength } = decodeFrameHeader(header);
      return `compression ${String(compression)}, ${storedLength === 0 ? "nothing" : "something"}`;
    },
  },
  {
    name: "frame-sealed",
    weight: 2,
    seeds: () => [Buffer.concat([Buffer.from([1]), blockCompression.compress(block, 1)]), Buffer.concat([Buffer.from([0]), block]), Buffer.concat([Buffer.from([1]), blockCompression.compress(Buffer.alloc(blockSizeBytes), 1)])],
    run: (input) => {
      const sealed = frameAround(input);
      openFrame(keys, sealed, { blockId, length: sealed.length, compression: (input[0] ?? 0) & 1 });
    },
  },
  {
    name: "zstd",
    seeds: () => [blockCompression.compress(block, 1), blockCompression.compress(Buffer.from("text"), 1), Buffer.from("28b52ffd0058210000666f6f62", "hex"), Buffer.from("28b52ffda000000800020000", "hex")],
    run: (input) => {
      if (blockCompression.decompress(input).length > 16 * 2 ** 20) throw new RangeError("more came out than may");
    },
  },
  {
    name: "frame-content",
    // what a holder of the data key could have sealed
    seeds: () => [Buffer.concat([Buffer.from([compressions.zstd]), blockCompression.compress(block, 1)]), Buffer.concat([Buffer.from([0]), Buffer.from("short")])],
    run: (input) => {
      if (input[0] === compressions.zstd) blockCompression.decompress(input.subarray(1));
    },
  },
  { name: "pack-end", seeds: async () => await goldenObjects("packs"), run: (input) => void openDirectory(keys, name, input) },
  {
    // behind a trailer that fits
    name: "pack-directory",
    seeds: () => [Buffer.concat([u32(1), encodeDirectory([{ blockId, offset: 0, length: 500, compression: 1, blockIndex: 0 }])]), u32(0)],
    run: (input) => {
      const sealed = seal({ key: keys.structure, repositoryId: keys.repositoryId, name, label: "directory" }, input.subarray(4));
      const entries = openDirectory(keys, name, Buffer.concat([Buffer.alloc(8), sealed, encodeTrailer(sealed, input.length < 4 ? 0 : input.readUInt32BE(0))]));
      return String(Math.min(entries.length, 3));
    },
  },
  { name: "directory", seeds: () => [Buffer.from(encodeDirectory([{ blockId, offset: 0, length: 500, compression: 1, blockIndex: 0 }]))], run: (input) => void decodeDirectory(input, Math.floor(input.length / directoryEntryBytes)) },
  {
    name: "page",
    seeds: async () => [sealPage(keys, name, 0, "leaf", Buffer.from(encodeLeaf(leaf))), ...(await goldenObjects("meta"))],
    run: (input) => {
      const found: string[] = [];
      for (const type of ["leaf", "inner", "dictionary", "root"] as const) {
        try {
          openPage(keys, name, { ...pointer, offset: input.length > 4 ? input.readUInt32BE(input.length - 4) : 0, length: input.length }, type, input);
          found.push(type);
        } catch (error) {
          if (!HoldfastError.isInstance(error)) throw error;
          found.push(error.message.slice(-60));
        }
      }
      return found.join(", ").replace(/\d+/g, "_");
    },
  },
  { name: "leaf", seeds: () => [Buffer.from(encodeLeaf(leaf)), Buffer.from(encodeLeaf(emptyLeaf()))], run: (input) => walkThrough(decodeLeaf(input)) },
  { name: "inner", seeds: () => [Buffer.from(encodeInner({ leaves: Array.from({ length: 256 }, (_, index) => (index % 100 === 0 ? pointer : undefined)), packs: new Map([[1, 2], [5, 1]]) }))], run: (input) => walkThrough(decodeInner(input)) },
  { name: "root", seeds: () => [Buffer.from(encodeRoot({ nextOrdinal: 9, volumeSizeBytes: 2 ** 40, presentBlocks: 3, zeroBlocks: 1, inners: new Map([[0, pointer]]), dictionary: new Map([[0, pointer]]), packs: new Map([[1, 2]]) }))], run: (input) => walkThrough(decodeRoot(input)) },
  { name: "dictionary", seeds: () => [dictionary], run: (input) => walkThrough(decodeDictionaryPage(input)) },
  {
    name: "record",
    isJson: true,
    seeds: () => [json({ kind: 1, structure: recordStructure, metadata: recordMetadata }), json({ kind: 3, structure: { stream, sequence: 1, hash: hex("a", 32), createdAt: now } }), json({ kind: 2, structure: { stream, sequence: 1, session: hex("a", 16), collection: hex("b", 16) } })],
    run: (input) => {
      const sealed = envelope("HFRC", recordName, input);
      if (sealed === undefined) return "no JSON";
      return openRecord(keys, recordName, sealed) === undefined ? "no point" : "a point";
    },
    tokens: words,
  },
  { name: "record-bytes", seeds: async () => await goldenObjects("log"), run: (input) => void openRecord(keys, recordName, input) },
  {
    name: "group",
    isJson: true,
    seeds: () => [json({ kind: 1, structure: groupStructure, metadata: groupMetadata }), json({ kind: 2, structure: { id: "a", withdrawnAt: now, members: [] } })],
    run: (input) => {
      const sealed = envelope("HFGR", groupName, input);
      if (sealed === undefined) return "no JSON";
      const group = openGroup(keys, groupName, sealed);
      if (group === undefined) return "withdrawn";
      const given = (parsed(input) as { readonly metadata: { readonly tags: object } }).metadata.tags;
      if (Object.keys(group.metadata.tags).length !== Object.keys(given).length) throw new RangeError("a tag is lost");
      return `${group.metadata.kind}, ${String(Math.min(3, group.metadata.volumes.length))} volumes`;
    },
    tokens: words,
  },
  { name: "group-bytes", seeds: () => [sealGroup(keys, groupName, { structure: groupStructure, metadata: { ...groupMetadata, volumes: [...groupMetadata.volumes] } })], run: (input) => void openGroup(keys, groupName, input) },
  { name: "sealed-box", seeds: () => [seal({ key: keys.structure, repositoryId: keys.repositoryId, name, label: "x" }, Buffer.from("plain"))], run: (input) => void unseal({ key: keys.structure, repositoryId: keys.repositoryId, name, label: "x" }, input) },
  {
    name: "key-slot", isJson: true,
    seeds: async () => await goldenObjects("keys"),
    run: (input) => {
      const slot = decodeSlot(input, /"slot":"([0-9a-f]{16})"/.exec(input.toString("latin1"))?.[1] ?? "");
      walkThrough(slot);
      return Object.keys(slot).sort().join(" ");
    },
    tokens: [...words, '"kind":"kms"', '"kms":{"keyId":"a","wrappedKey":"AAAA"}', '"N":1048576', '"role":"owner"'],
  },
  { name: "configuration", isJson: true, seeds: async () => [await readFile(`${golden}holdfast.json`)], run: (input) => void decodeConfiguration(input, "here"), tokens: [...words, '"version":2', '"packs":{"targetBytes":8388608,"maxBlocks":64}', '"immutability":{"mode":"governance","days":30,"generationDays":10}'] },
  { name: "index-run", seeds: () => [Buffer.concat([u32(1, 1, 1), writtenReference, blockId, u32(0), Buffer.from([0, 0])]), u32(1, 0, 0)], run: behindSeal(objectNames.indexRun("0".repeat(12), id.sessionId, 1), "index", "structure", (sealed) => openIndexRun(keys, objectNames.indexRun("0".repeat(12), id.sessionId, 1), sealed)) },
  {
    name: "index-manifest", isJson: true,
    seeds: () => [json({ version: 1, change: hex("a", 16), building: null, levels: [{ generation: "0".repeat(20), packs: 1, entries: new Array<number>(16).fill(1) }] })],
    run: behindSeal(objectNames.indexManifest, "index manifest", "structure", (sealed) => openIndexManifest(keys, sealed)),
    tokens: words,
  },
  { name: "index-shard", seeds: () => [Buffer.concat([u32(1, 2), Buffer.alloc(24)])], run: behindSeal("idx/a", "index shard", "structure", (sealed) => openShard(keys, "idx/a", sealed, 2)) },
  { name: "index-packs", seeds: () => [Buffer.concat([u32(1, 2), Buffer.alloc(16, 1), u32(2, 1, 0, 2, 0)])], run: behindSeal("idx/p", "index packs", "structure", (sealed) => openPackList(keys, "idx/p", sealed, 2)) },
  { name: "index-details", seeds: () => [Buffer.concat([u32(1, 1), writtenReference])], run: behindSeal("idx/d", "index pack details", "structure", (sealed) => openPackDetails(keys, "idx/d", sealed, 1)) },
  { name: "lease", isJson: true, seeds: () => [json({ kind: "writer", epoch: 0, stream, target: 1, parent: null, group: groupName, heartbeat: 1 }), json({ kind: "reader", pins: [groupName], heartbeat: 1 })], run: behindSeal("sess/a", "session", "structure", (sealed) => openLease(keys, "sess/a", sealed)), tokens: words },
  {
    name: "checkpoint",
    seeds: () => {
      const head = json({ source: "snap-1", method: "full", parent: null, volumeSizeBytes: 1, from: 0, to: 10 });
      return [Buffer.concat([u32(1, head.length), head, u32(2), u32(0), Buffer.from([1]), blockId, u32(5), Buffer.from([2]), Buffer.alloc(16)])];
    },
    run: behindSeal("ckpt/a", "checkpoint", "metadata", (sealed) => openCheckpointPart(keys, "ckpt/a", sealed)),
    tokens: words,
  },
  { name: "collection-step", isJson: true, seeds: () => [json({ version: 1, epoch: 1, collection: hex("b", 16), createdAt: now, lists: [{ name: "gc/lists/a", count: 1 }] })], run: behindSeal("gc/epoch/1", "epoch", "structure", (sealed) => openCollectionLists(keys, "gc/epoch/1", "epoch", sealed)), tokens: words },
  { name: "condemned", seeds: () => [Buffer.concat([u32(1, 1), Buffer.from([1]), Buffer.alloc(16, 1), u32(1)])], run: behindSeal("gc/lists/a", "condemned", "structure", (sealed) => openCondemnedList(keys, "gc/lists/a", sealed)) },
  { name: "relocation", seeds: () => [Buffer.concat([u32(1, 1, 1), writtenReference, u32(0), Buffer.from([0, 1, 0, 1]), u32(0, 64), Buffer.from([0, 1, 0, 0])])], run: behindSeal("reloc/a", "relocation", "structure", (sealed) => openRelocation(keys, "reloc/a", sealed)) },
  { name: "quarantine", isJson: true, seeds: () => [json({ version: 1, pack: name, foundAt: now, isWhole: false, frames: [{ offset: 0, length: 1, blockId: hex("c", 16) }] })], run: behindSeal("quarantine/a", "quarantine", "structure", (sealed) => openQuarantine(keys, "quarantine/a", sealed)), tokens: words },
  {
    name: "warm-directory",
    seeds: () => [Buffer.concat([u32(1, 1, 0, 4_096), Buffer.alloc(32), Buffer.from(encodeDirectory([{ blockId, offset: 0, length: 500, compression: 1, blockIndex: 0 }]))])],
    run: behindSeal(objectNames.warmDirectory(id), "warm directory", "structure", (sealed) => openWarmDirectory(keys, id, sealed)),
  },
  {
    name: "session-record",
    seeds: () => [gzipSync(json({ version: 1, session: hex("d", 16), policy: "gold", state: "succeeded", startedAt: now, events: [] })), gzipSync(Buffer.alloc(2 ** 20, " "))],
    run: behindSeal("runs/a", "run", "metadata", async (sealed) => await openSessionRecord(keys, "runs/a", sealed)),
    // a run of ten thousand resources: it may unfold to 256 MiB
    maxMs: 15_000,
    maxMemoryMib: 1_024,
  },
  {
    name: "session-document",
    isJson: true,
    seeds: () => [json({ version: 1, session: hex("d", 16), kind: "restore", policy: "gold", state: "failed", startedAt: now, endedAt: now, renewedAt: now, error: { name: "a", message: "b", code: "c" }, result: { a: 1 }, requests: [{ service: "s3", operation: "a", region: "b", requests: 1, throttled: 0, failed: 0 }], events: [{ type: "a:b" }] })],
    run: behindSeal("runs/a", "run", "metadata", async (sealed) => await openSessionRecord(keys, "runs/a", sealed), gzipSync),
    tokens: words,
  },
  {
    name: "restore-verification",
    isJson: true,
    seeds: () => [json({ version: 1, session: hex("d", 16), restorePoint: "a", startedAt: now, endedAt: now, isVerified: true, failures: [], volumes: [{ volume: "v", sizeBytes: 1, blocks: 1, comparedBlocks: 1, damagedBlocks: [], bytesPerSecond: 1, restoreMs: 1, measuredBy: "reading" }], fileSystems: [{ id: "a", type: "ext", level: "walk", by: "b", isClean: true, findings: [] }], files: [{ fileSystem: "a", path: "b", matches: true, sha256: "c" }], boot: { volume: "v", hasBooted: true, awaited: "a", durationMs: 1, console: "c" } })],
    run: behindSeal("ver/a", "restore verification", "metadata", async (sealed) => await openVerification(keys, "ver/a", sealed), gzipSync),
    tokens: words,
  },
];
