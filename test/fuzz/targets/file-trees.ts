import { lstat, mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, inflateRawSync } from "node:zlib";
import { attributesInBlock, attributesInInode, type StoredAttribute } from "../../../src/restore/files/ext/attributes.js";
import { inlineData } from "../../../src/restore/files/ext/inline-data.js";
import type { FileEntry, FileKind } from "../../../src/restore/files/file-entry.js";
import { decodeName, encodeName, isPlainName } from "../../../src/restore/files/file-name.js";
import { fileNotFound } from "../../../src/restore/files/file-errors.js";
import type { FileSystemReader } from "../../../src/restore/files/file-system-reader.js";
import { saveFolder } from "../../../src/restore/files/save-folder.js";
import { tarOf } from "../../../src/restore/files/tar/tar-of.js";
import { zipOf } from "../../../src/restore/files/zip/zip-of.js";
import type { FuzzTarget } from "../target.js";

// What a file system says of its files, whatever it is: names, links, sizes, times and attributes on their way into archives and folders. What came out is read by what is written here.


const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const now = 1_795_000_000_000;
const kinds: readonly FileKind[] = ["file", "folder", "link", "character device", "block device", "pipe", "socket"];
/** A file's bytes come whole up to here; a longer one has holes. */
const maxDenseBytes = 4_096;
const maxEntries = 200;

/** An entry as an input tells it, and as far as it can be one: names and targets are any text, numbers of their fields' widths. */
function entryOf(given: Readonly<Record<string, unknown>>, name: string, folder: string): FileEntry {
  const numberOf = (value: unknown): number => (typeof value === "number" ? value : 0);
  const number = (field: string, limit: number): number => Math.floor(Math.abs(numberOf(given[field]))) % limit;
  const text = (field: string): string | undefined => (typeof given[field] === "string" ? given[field] : undefined);
  const isOf = (field: string): boolean => given[field] !== undefined;
  const kind = Array.isArray(given["entries"]) ? "folder" : (kinds.find((one) => one === given["kind"] && one !== "folder") ?? "file");
  const linkTarget = kind === "link" ? (text("target") ?? "") : undefined;
  const attributes = given["attributes"];
  return {
    path: folder === "" ? name : `${folder}/${name}`,
    name,
    kind,
    sizeBytes: kind === "file" ? number("size", 2 ** 53) : (linkTarget?.length ?? 0),
    ...(isOf("mode") && { mode: number("mode", 0o10000) }),
    ...(isOf("user") && { userId: number("user", 2 ** 32), groupId: number("group", 2 ** 32) }),
    ...(isOf("modified") && { modifiedAt: new Date(Math.max(-(2 ** 42), Math.min(2 ** 42, numberOf(given["modified"])))), modifiedNanoseconds: number("nanoseconds", 1e9) }),
    ...(linkTarget !== undefined && { linkTarget }),
    ...(isOf("inode") && { inode: JSON.stringify(given["inode"]), linkCount: number("links", 2 ** 16) }),
    ...(typeof attributes === "object" && attributes !== null && { extendedAttributes: Object.fromEntries(Object.entries(attributes).map(([key, value]): [string, string] => [key, Buffer.from(JSON.stringify(value)).toString("base64")])) }),
    ...(kind.endsWith("device") && { device: { major: number("major", 2 ** 32), minor: number("minor", 2 ** 32) } }),
  };
}

/** A file system that is what an input says: folders are lists of entries. */
function readerOf(input: Buffer): FileSystemReader & { readonly entries: readonly FileEntry[] } {
  let root: unknown;
  try {
    root = JSON.parse(input.toString("utf8"));
  } catch {
    root = [];
  }
  const folders = new Map<string, FileEntry[]>([["", []]]);
  const all = new Map<string, FileEntry>();
  const add = (entries: unknown, folder: string, depth: number): void => {
    for (const given of Array.isArray(entries) ? (entries as unknown[]) : []) {
      if (typeof given !== "object" || given === null || all.size >= maxEntries || depth > 20) continue;
      const facts = given as Readonly<Record<string, unknown>>;
      const entry = entryOf(facts, typeof facts["name"] === "string" ? facts["name"] : "a", folder);
      folders.get(folder)?.push(entry);
      if (all.has(entry.path)) continue;
      all.set(entry.path, entry);
      if (entry.kind !== "folder") continue;
      folders.set(entry.path, []);
      add(facts["entries"], entry.path, depth + 1);
    }
  };
  add(root, "", 0);
  const top: FileEntry = { path: "", name: "", kind: "folder", sizeBytes: 0 };
  return {
    entries: [...all.values()],
    list: async function* (path) {
      yield* await Promise.resolve(folders.get(path) ?? []);
    },
    stat: async (path) => {
      const found = path === "" ? top : all.get(path);
      if (found === undefined) throw fileNotFound(path);
      return await Promise.resolve(found);
    },
    read: async function* (path, { start = 0, end = all.get(path)?.sizeBytes ?? 0 } = {}) {
      for (let at = start; at < end; at += 1_000) yield await Promise.resolve(Buffer.alloc(Math.min(1_000, end - at), 1));
    },
    dataRanges: async (path) => {
      const sizeBytes = all.get(path)?.sizeBytes ?? 0;
      return await Promise.resolve(sizeBytes <= maxDenseBytes ? undefined : [{ start: 0, end: 10 }, { start: sizeBytes - 10, end: sizeBytes }]);
    },
    close: () => Promise.resolve(),
  };
}

async function gathered(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

/** The members' names, by the format (POSIX.1-2001, pax): header sums fit, records are as long as they say. */
function namesInTar(tar: Buffer): Buffer[] {
  const names: Buffer[] = [];
  let records = new Map<string, Buffer>();
  for (let at = 0; ; ) {
    const header = tar.subarray(at, at + 512);
    if (header.length !== 512) throw new RangeError("the archive has no end");
    if (header.every((byte) => byte === 0)) {
      if (tar.length !== at + 1_024) throw new RangeError("something follows the end");
      return names;
    }
    const field = (from: number, to: number): string => header.toString("latin1", from, to).replace(/\0.*$/s, "");
    const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
    if (Number.parseInt(field(148, 155), 8) !== sum) throw new RangeError("a header has another sum");
    const sizeBytes = records.has("size") ? Number(records.get("size")) : Number.parseInt(field(124, 136), 8);
    const content = tar.subarray(at + 512, at + 512 + sizeBytes);
    if (content.length !== sizeBytes) throw new RangeError("a member is cut");
    at += 512 + Math.ceil(sizeBytes / 512) * 512;
    if (field(156, 157) === "x") {
      records = recordsOf(content);
      continue;
    }
    names.push(records.get("GNU.sparse.name") ?? records.get("path") ?? Buffer.from(field(0, 100), "latin1"));
    records = new Map();
  }
}

function recordsOf(content: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString("latin1", at, space));
    const record = content.subarray(space + 1, at + length);
    const equals = record.indexOf(0x3d);
    if (!(length > 0) || equals < 1 || record.at(-1) !== 0x0a) throw new RangeError("a record is none");
    records.set(record.toString("utf8", 0, equals), record.subarray(equals + 1, -1));
    at += length;
  }
  return records;
}

/** The members' names by the directory at the end (APPNOTE.TXT), each with its content proven by its sum. */
function namesInZip(zip: Buffer): string[] {
  const end = zip.lastIndexOf(Buffer.from("504b0506", "hex"));
  const names: string[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let count = zip.readUInt16LE(end + 10); count > 0; count--) {
    if (zip.readUInt32LE(at) !== 0x02014b50) throw new RangeError("the directory is none");
    const [nameBytes, extraBytes, offset] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt32LE(at + 42)];
    names.push(zip.toString("utf8", at + 46, at + 46 + nameBytes));
    const [storedBytes, sizeBytes] = [zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 24)];
    const from = offset + 30 + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
    const stored = zip.subarray(from, from + storedBytes);
    const content = zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(stored) : stored;
    if (content.length !== sizeBytes || crc32(content) !== zip.readUInt32LE(at + 16)) throw new RangeError("a member's content is another");
    at += 46 + nameBytes + extraBytes;
  }
  if (at !== end) throw new RangeError("the directory ends elsewhere");
  return names;
}

/** Names that lead out of the folder in which an archive is unpacked. */
function assertWithin(names: readonly string[]): void {
  for (const name of names) if (name.startsWith("/") || name.split("/").includes("..")) throw new Error(`the member ${JSON.stringify(name)} leads out`);
}

/** As much as is written in reasonable time. */
const hugeFiles = (entries: readonly FileEntry[]): boolean => entries.some(({ kind, sizeBytes }) => kind === "file" && sizeBytes > 2 ** 20);
/** What readers give has plain names: theirs to see to, as their own targets do. */
const hasPlainNames = (entries: readonly FileEntry[]): boolean => entries.every(({ name }) => isPlainName(name));

const tree = [
  { name: "folder", entries: [{ name: "file", size: 5, mode: 0o644, user: 1, group: 2, modified: now, nanoseconds: 5, attributes: { "user.a=%b": "c", "system.posix_acl_access": "d" } }, { name: "again", size: 5, inode: "7", links: 2 }, { name: "other", size: 5, inode: "7", links: 2 }] },
  { name: "link", kind: "link", target: "../../etc/passwd" },
  { name: "sparse", size: 9_000 },
  { name: "\udcff\udc80 byte", size: 1, mode: 0o4755 },
  { name: `${"long ".repeat(40)}é`, kind: "link", target: "x".repeat(300) },
  { name: "console", kind: "character device", major: 5, minor: 1 },
  { name: "old", size: 0, modified: -5, nanoseconds: 1, user: 2 ** 31, group: 2 ** 31 },
];
const nameWords = ["..", "/", "\u0000", "a/b", ".", "\udc80", "\ud800", "=", "\n", "12 path=x\n", "__proto__", "entries", "link", "target", "size"];

let sandbox: Promise<string> | undefined;

export const fileTreeTargets: readonly FuzzTarget[] = [
  {
    name: "tar-names",
    isJson: true,
    seeds: () => [json(tree)],
    run: async (input) => {
      const reader = readerOf(input);
      if (!hasPlainNames(reader.entries)) return "not of a reader";
      const names = namesInTar(await gathered(tarOf(reader, "")));
      const wanted = reader.entries.filter(({ kind }) => kind !== "socket").map(({ path, kind }) => encodeName(kind === "folder" ? `${path}/` : path).toString("hex"));
      if (names.map((name) => name.toString("hex")).sort().join() !== wanted.sort().join()) throw new Error("other names came out");
      assertWithin(names.map((name) => name.toString("latin1")));
      return String(Math.min(8, names.length));
    },
    tokens: nameWords,
  },
  {
    name: "zip-names",
    isJson: true,
    seeds: () => [json(tree)],
    run: async (input) => {
      const reader = readerOf(input);
      // a zip stores what files with holes have there
      if (!hasPlainNames(reader.entries) || hugeFiles(reader.entries)) return "not of a reader";
      const names = namesInZip(await gathered(zipOf(reader, "")));
      if (names.length !== reader.entries.filter(({ kind }) => ["file", "folder", "link"].includes(kind)).length) throw new Error("another number of names came out");
      assertWithin(names);
      return String(Math.min(8, names.length));
    },
    tokens: nameWords,
  },
  {
    // into a folder of this machine, names that are none too: nothing comes to be beside it
    name: "saved-names",
    isJson: true,
    seeds: () => [json(tree), json([{ name: "..", entries: [{ name: "evil", size: 1 }] }, { name: "a", kind: "link", target: ".." }, { name: "a", entries: [{ name: "evil", size: 1 }] }])],
    run: async (input) => {
      const folder = await (sandbox ??= mkdtemp(join(tmpdir(), "holdfast-fuzz-")));
      const to = join(folder, "to");
      await rm(to, { recursive: true, force: true });
      try {
        const { files, folders, links, skipped } = await saveFolder(readerOf(input), "", to);
        await assertNothingBeside(folder, to);
        return [files, folders, links, skipped.length].map((count) => String(Math.min(3, count))).join(" ");
      } catch (error) {
        await assertNothingBeside(folder, to);
        throw error;
      }
    },
    tokens: nameWords,
    close: async () => {
      if (sandbox !== undefined) await rm(await sandbox, { recursive: true, force: true });
      sandbox = undefined;
    },
  },
  {
    name: "file-name",
    seeds: () => [Buffer.from("plain"), Buffer.from([0xff, 0x61, 0xc3, 0xa9, 0xed, 0xb2, 0x80]), Buffer.from("\ufeffé")],
    run: (input) => {
      const name = decodeName(input);
      if (!encodeName(name).equals(input)) throw new Error("other bytes came back");
      return `${isPlainName(name) ? "a name" : "no name"}${!/\p{Surrogate}/u.test(name) ? "" : " with bytes"}`;
    },
  },
  {
    name: "ext-attributes",
    seeds: () => [attributeBlock(), attributeInode()],
    run: (input) => {
      const found: StoredAttribute[] = [];
      if (input.length >= 256) found.push(...attributesInInode(input.subarray(0, 256)));
      const content = input.length >= 256 ? inlineData({ number: 12, bytes: input.subarray(0, 256), block: input.subarray(0x28, 0x64), sizeBytes: input.readUInt32LE(4) } as Parameters<typeof inlineData>[0]) : Buffer.alloc(0);
      if (input.length >= 64) found.push(...attributesInBlock(input.subarray(0, 4_096)));
      for (const { value } of found) if (Buffer.isBuffer(value) && value.length > 2 * 4_096) throw new RangeError("a value is longer than its block");
      return `${String(Math.min(3, found.length))} ${content.length > 0 ? "with data" : ""}`;
    },
  },
];

async function assertNothingBeside(folder: string, to: string): Promise<void> {
  const there = await readdir(folder);
  if (there.some((name) => name !== "to")) throw new Error(`${there.join(" ")} came to be`);
  if (there.length > 0 && (await lstat(to)).isSymbolicLink()) throw new Error(`the folder became a link to ${await readlink(to)}`);
}

function attributeEntries(entries: readonly { readonly prefix: number; readonly name: string; readonly value: Buffer }[], bytes: Buffer, at: number, base: number): void {
  let end = bytes.length;
  for (const { prefix, name, value } of entries) {
    end -= Math.ceil(value.length / 4) * 4;
    bytes.writeUInt8(name.length, at);
    bytes.writeUInt8(prefix, at + 1);
    bytes.writeUInt16LE(end - base, at + 2);
    bytes.writeUInt32LE(value.length, at + 8);
    bytes.write(name, at + 16, "latin1");
    value.copy(bytes, end);
    at += 16 + Math.ceil(name.length / 4) * 4;
  }
}

const accessList = Buffer.from("010000000100060002000700e80300000400040010000700200004000000", "hex");

function attributeBlock(): Buffer {
  const bytes = Buffer.alloc(1_024);
  bytes.writeUInt32LE(0xea02_0000);
  attributeEntries([{ prefix: 1, name: "a", value: Buffer.from("value") }, { prefix: 2, name: "", value: accessList }, { prefix: 6, name: "capability", value: Buffer.alloc(20, 1) }], bytes, 32, 0);
  return bytes;
}

function attributeInode(): Buffer {
  const bytes = Buffer.alloc(256);
  bytes.writeUInt32LE(70, 4);
  bytes.writeUInt16LE(32, 0x80);
  bytes.writeUInt32LE(0xea02_0000, 160);
  attributeEntries([{ prefix: 7, name: "data", value: Buffer.from("more of it") }, { prefix: 1, name: "b", value: Buffer.from("c") }], bytes, 164, 164);
  return bytes;
}
