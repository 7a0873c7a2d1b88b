import { createHash } from "node:crypto";
import type { z } from "zod";
import type { KeyRing } from "../keys/key-ring.js";
import { seal, unseal } from "../keys/sealed-box.js";
import { damagedObject } from "../store/damage-errors.js";

/** Records and groups share one envelope: a structure part, and a metadata part that is bound to it. */
export interface Envelope<Structure, Metadata> {
  readonly kind: number;
  readonly structure: Structure;
  /** Absent in fences, tombstones and withdrawn groups. */
  readonly metadata: Metadata | undefined;
}

export type EnvelopeMagic = "HFRC" | "HFGR";

const headerBytes = 16;
const sealedOverheadBytes = 28;
/** Records and groups are small documents: a bound on what is parsed. */
const maxEnvelopeBytes = 16 * 2 ** 20;

/** Seals both parts. The length's parity says in a listing what an object is: a space after the structure's JSON makes it so. */
export function sealEnvelope(keys: KeyRing, name: string, magic: EnvelopeMagic, envelope: Envelope<unknown, unknown>, parity: "even" | "odd"): Buffer {
  const metadata = envelope.metadata === undefined ? undefined : Buffer.from(JSON.stringify(envelope.metadata));
  const structure = padded(Buffer.from(JSON.stringify(envelope.structure)), metadata?.length ?? 0, parity);
  const header = Buffer.alloc(headerBytes);
  header.write(magic, 0, "ascii");
  header.writeUInt8(1, 4);
  header.writeUInt8(envelope.kind, 5);
  header.writeUInt32BE(structure.length + sealedOverheadBytes, 8);
  header.writeUInt32BE(metadata === undefined ? 0 : metadata.length + sealedOverheadBytes, 12);
  const sealedStructure = seal({ key: keys.structure, repositoryId: keys.repositoryId, name, label: "structure", header }, structure);
  if (metadata === undefined) return Buffer.concat([header, sealedStructure]);
  return Buffer.concat([
    header,
    sealedStructure,
    seal({ key: keys.metadata, repositoryId: keys.repositoryId, name, label: "metadata", header: metadataHeader(header, sealedStructure) }, metadata),
  ]);
}

/** Opens both parts. */
export function openEnvelope<Structure, Metadata>(
  keys: KeyRing,
  name: string,
  magic: EnvelopeMagic,
  bytes: Buffer,
  schemas: { readonly structure: z.ZodType<Structure>; readonly metadata: z.ZodType<Metadata> },
): Envelope<Structure, Metadata> {
  const { header, sealedStructure, sealedMetadata } = split(name, magic, bytes);
  const { kind, structure } = openEnvelopeStructure(keys, name, magic, bytes, () => schemas.structure);
  if (sealedMetadata.length === 0) return { kind, structure, metadata: undefined };
  const plain = unseal({ key: keys.metadata, repositoryId: keys.repositoryId, name, label: "metadata", header: metadataHeader(header, sealedStructure) }, sealedMetadata);
  return { kind, structure, metadata: parse(name, schemas.metadata, plain) };
}

/** Opens the structure part alone, by the schema of the envelope's kind: all that whoever holds the structure key alone can read. */
export function openEnvelopeStructure<Structure>(
  keys: KeyRing,
  name: string,
  magic: EnvelopeMagic,
  bytes: Buffer,
  schemaOf: (kind: number) => z.ZodType<Structure>,
): { readonly kind: number; readonly structure: Structure } {
  const { header, sealedStructure } = split(name, magic, bytes);
  const kind = header.readUInt8(5);
  const plain = unseal({ key: keys.structure, repositoryId: keys.repositoryId, name, label: "structure", header }, sealedStructure);
  return { kind, structure: parse(name, schemaOf(kind), plain) };
}

function padded(structure: Buffer, metadataLength: number, parity: "even" | "odd"): Buffer {
  // what surrounds the two parts has an even number of bytes
  const isOdd = (structure.length + metadataLength) % 2 === 1;
  return isOdd === (parity === "odd") ? structure : Buffer.concat([structure, Buffer.from(" ")]);
}

function split(name: string, magic: EnvelopeMagic, bytes: Buffer): { readonly header: Buffer; readonly sealedStructure: Buffer; readonly sealedMetadata: Buffer } {
  if (bytes.length < headerBytes || bytes.length > maxEnvelopeBytes) throw damagedObject(name, "its length is impossible");
  const header = bytes.subarray(0, headerBytes);
  if (header.toString("ascii", 0, 4) !== magic || header.readUInt8(4) !== 1) throw damagedObject(name, "its header is not one of format version 1");
  const end = headerBytes + header.readUInt32BE(8);
  if (bytes.length !== end + header.readUInt32BE(12)) throw damagedObject(name, "its parts are cut short or too long");
  return { header, sealedStructure: bytes.subarray(headerBytes, end), sealedMetadata: bytes.subarray(end) };
}

function parse<T>(name: string, schema: z.ZodType<T>, plain: Buffer): T {
  try {
    return schema.parse(JSON.parse(plain.toString("utf8")));
  } catch (cause) {
    throw damagedObject(name, "what it says is not what version 1 writes", cause);
  }
}

function metadataHeader(header: Buffer, sealedStructure: Buffer): Buffer {
  return Buffer.concat([header, createHash("sha256").update(sealedStructure).digest()]);
}
