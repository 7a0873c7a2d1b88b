import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import type { PackId } from "./object-names.js";

/** Ordinals per dictionary page. */
export const dictionaryPageEntries = 256;

/** A pack as the dictionary knows it: enough to read it and to prove that it is there. */
export interface PackReference {
  readonly id: PackId;
  readonly sizeBytes: number;
  /** First 16 bytes of the object's SHA-256. */
  readonly sha256: Buffer;
  readonly versionId: string | undefined;
  /** Locked by Object Lock until then; 0 where it is not. Milliseconds since 1970. */
  readonly lockedUntilMs: number;
}

/** A page of the dictionary: ordinal -> pack. */
export type DictionaryPage = ReadonlyMap<number, PackReference>;

export function encodeDictionaryPage(page: DictionaryPage): Buffer {
  const writer = new ByteWriter(4 + page.size * 90).u8(1).u8(0).u16(page.size);
  for (const [ordinal, pack] of [...page].sort(([a], [b]) => a - b)) writePackReference(writer, ordinal, pack);
  return writer.finish();
}

export function decodeDictionaryPage(bytes: Buffer): DictionaryPage {
  const reader = new ByteReader(bytes, "pack dictionary");
  reader.expectVersion(1);
  reader.u8();
  const count = reader.u16();
  const page = new Map<number, PackReference>();
  for (let position = 0; position < count; position++) {
    const [ordinal, pack] = readPackReference(reader);
    page.set(ordinal, pack);
  }
  reader.end();
  return page;
}

export function writePackReference(writer: ByteWriter, ordinal: number, pack: PackReference): void {
  const versionId = Buffer.from(pack.versionId ?? "", "ascii");
  writer.u32(ordinal).u8(pack.id.kind === "data" ? 1 : 2).u8(0).u16(versionId.length);
  writer.bytes(Buffer.from(pack.id.sessionId, "hex")).u32(pack.id.number).u64(pack.sizeBytes).bytes(pack.sha256).u64(pack.lockedUntilMs).bytes(versionId);
}

export function readPackReference(reader: ByteReader): [ordinal: number, pack: PackReference] {
  const ordinal = reader.u32();
  const kind = reader.u8();
  if (kind !== 1 && kind !== 2) throw reader.fail(`pack kind ${String(kind)} is not known`);
  reader.u8();
  const versionIdLength = reader.u16();
  const sessionId = reader.bytes(16).toString("hex");
  const number = reader.u32();
  const sizeBytes = reader.u64();
  const sha256 = Buffer.from(reader.bytes(16));
  const lockedUntilMs = reader.u64();
  const versionId = reader.bytes(versionIdLength).toString("ascii");
  return [ordinal, { id: { kind: kind === 1 ? "data" : "meta", sessionId, number }, sizeBytes, sha256, versionId: versionId === "" ? undefined : versionId, lockedUntilMs }];
}
