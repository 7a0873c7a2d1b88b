import { createHash } from "node:crypto";
import type { z } from "zod";
import { IntegrityError } from "../../errors/index.js";
import type { KeyRing } from "../keys/key-ring.js";
import { seal, unseal } from "../keys/sealed-box.js";

/** Records and groups share one envelope: a structure part, and a metadata part that is bound to it. */
export interface Envelope<Structure, Metadata> {
  readonly kind: number;
  readonly structure: Structure;
  /** Absent in fences and tombstones. */
  readonly metadata: Metadata | undefined;
}

export type EnvelopeMagic = "HFRC" | "HFGR";

const headerBytes = 16;
const sealedOverheadBytes = 28;
/** Records and groups are small documents: a bound on what is parsed. */
const maxEnvelopeBytes = 16 * 2 ** 20;

export function sealEnvelope(keys: KeyRing, name: string, magic: EnvelopeMagic, envelope: Envelope<unknown, unknown>): Buffer {
  const structure = Buffer.from(JSON.stringify(envelope.structure));
  const metadata = envelope.metadata === undefined ? undefined : Buffer.from(JSON.stringify(envelope.metadata));
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

export function openEnvelope<Structure, Metadata>(
  keys: KeyRing,
  name: string,
  magic: EnvelopeMagic,
  bytes: Buffer,
  schemas: { readonly structure: z.ZodType<Structure>; readonly metadata: z.ZodType<Metadata> },
): Envelope<Structure, Metadata> {
  const fail = (why: string, cause?: unknown): IntegrityError =>
    new IntegrityError(`${name} is damaged: ${why}.`, { code: "DamagedObject", context: { object: name }, cause });
  if (bytes.length < headerBytes || bytes.length > maxEnvelopeBytes) throw fail("its length is impossible");
  const header = bytes.subarray(0, headerBytes);
  if (header.toString("ascii", 0, 4) !== magic || header.readUInt8(4) !== 1) throw fail("its header is not one of format version 1");
  const structureLength = header.readUInt32BE(8);
  const metadataLength = header.readUInt32BE(12);
  if (bytes.length !== headerBytes + structureLength + metadataLength) throw fail("its parts are cut short or too long");
  const sealedStructure = bytes.subarray(headerBytes, headerBytes + structureLength);
  const parse = <T>(schema: z.ZodType<T>, plain: Buffer): T => {
    try {
      return schema.parse(JSON.parse(plain.toString("utf8")));
    } catch (cause) {
      throw fail("what it says is not what version 1 writes", cause);
    }
  };
  const structure = parse(schemas.structure, unseal({ key: keys.structure, repositoryId: keys.repositoryId, name, label: "structure", header }, sealedStructure));
  if (metadataLength === 0) return { kind: header.readUInt8(5), structure, metadata: undefined };
  const plain = unseal(
    { key: keys.metadata, repositoryId: keys.repositoryId, name, label: "metadata", header: metadataHeader(header, sealedStructure) },
    bytes.subarray(headerBytes + structureLength),
  );
  return { kind: header.readUInt8(5), structure, metadata: parse(schemas.metadata, plain) };
}

function metadataHeader(header: Buffer, sealedStructure: Buffer): Buffer {
  return Buffer.concat([header, createHash("sha256").update(sealedStructure).digest()]);
}
