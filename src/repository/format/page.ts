import { createHash } from "node:crypto";
import { IntegrityError } from "../../errors/index.js";
import type { KeyRing } from "../keys/key-ring.js";
import { seal, unseal } from "../keys/sealed-box.js";
import type { ByteReader } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";
import { damageRemedy } from "../store/damage-errors.js";
import { crc32 } from "./crc32.js";

/** The kinds of pages in meta packs, as stored. */
export const pageTypes = { leaf: 1, inner: 2, dictionary: 3, root: 4 } as const;
export type PageType = keyof typeof pageTypes;

export const pageHeaderBytes = 16;
/** More than any page of version 1 needs; a bound on what a hostile pointer can make a reader allocate. */
const maxPageBytes = 16 * 2 ** 20;

const magic = 0x48465047; // "HFPG"

/** Where a page lies, and what it says: a digest of its plaintext. */
export interface PagePointer {
  /** The meta pack's number in the stream's dictionary. */
  readonly ordinal: number;
  readonly offset: number;
  /** Header included. */
  readonly length: number;
  /** First 16 bytes of SHA-256 of the plaintext. */
  readonly check: Buffer;
}

export const pointerBytes = 28;

export function writePointer(writer: ByteWriter, pointer: PagePointer): void {
  writer.u32(pointer.ordinal).u32(pointer.offset).u32(pointer.length).bytes(pointer.check);
}

export function readPointer(reader: ByteReader): PagePointer {
  return { ordinal: reader.u32(), offset: reader.u32(), length: reader.u32(), check: reader.bytes(16) };
}

/** Whether a page can lie there: longer than its header, and where its place can be written. */
export function isPlace({ offset, length }: PagePointer): boolean {
  return length > pageHeaderBytes && length <= maxPageBytes && offset < 2 ** 32;
}

/** The digest that pointers carry. */
export function pageCheck(plain: Buffer): Buffer {
  return createHash("sha256").update(plain).digest().subarray(0, 16);
}

/** Seals a page for its place in the meta pack `name`. */
export function sealPage(keys: KeyRing, name: string, offset: number, type: PageType, plain: Buffer): Buffer {
  // nonce 12 and tag 16 surround the ciphertext, which is as long as the plaintext
  const header = encodeHeader(type, plain.length + 28);
  return Buffer.concat([header, seal({ ...pageSeal(keys, name, type), header: place(header, offset) }, plain)]);
}

/** Opens the page that `pointer` names; raises `IntegrityError` unless it is that very page. */
export function openPage(keys: KeyRing, name: string, pointer: PagePointer, type: PageType, bytes: Buffer): Buffer {
  const header = bytes.subarray(0, pageHeaderBytes);
  if (!isPlace(pointer) || bytes.length !== pointer.length || !header.equals(encodeHeader(type, bytes.length - pageHeaderBytes))) {
    throw new IntegrityError(`A ${type} page in ${name} at ${String(pointer.offset)} is damaged: its header is wrong.${damageRemedy}`, {
      code: "DamagedPage",
      context: { object: name, offset: pointer.offset },
    });
  }
  const plain = unseal({ ...pageSeal(keys, name, type), header: place(header, pointer.offset) }, bytes.subarray(pageHeaderBytes));
  if (!pageCheck(plain).equals(pointer.check)) {
    throw new IntegrityError(`A ${type} page in ${name} at ${String(pointer.offset)} is damaged: it is another than its parent names.${damageRemedy}`, {
      code: "DamagedPage",
      context: { object: name, offset: pointer.offset },
    });
  }
  return plain;
}

function pageSeal(keys: KeyRing, name: string, type: PageType): { key: Buffer; repositoryId: Buffer; name: string; label: string } {
  const key = type === "leaf" || type === "inner" ? keys.metadata : keys.structure;
  return { key, repositoryId: keys.repositoryId, name, label: "page" };
}

function encodeHeader(type: PageType, sealedLength: number): Buffer {
  const header = Buffer.alloc(pageHeaderBytes);
  header.writeUInt32BE(magic, 0);
  header.writeUInt8(1, 4);
  header.writeUInt8(pageTypes[type], 5);
  header.writeUInt32BE(sealedLength, 8);
  header.writeUInt32BE(crc32(header.subarray(0, 12)), 12);
  return header;
}

function place(header: Buffer, offset: number): Buffer {
  const bytes = Buffer.alloc(pageHeaderBytes + 4);
  header.copy(bytes);
  bytes.writeUInt32BE(offset, pageHeaderBytes);
  return bytes;
}
