import type { KeyRing } from "../keys/key-ring.js";
import { seal, unseal, type SealContext } from "../keys/sealed-box.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import type { PackId } from "./object-names.js";

/** A pack that a collection condemns. */
export interface CondemnedPack {
  readonly id: PackId;
  /** Its frames that live points need lie elsewhere too: what is inherited from a live point is found there. */
  readonly isRelocated: boolean;
}

/** At most so many packs a list: a bound on what is read and held at once. */
export const maxCondemnedListEntries = 65_536;

const codes = { data: 1, meta: 2, relocatedData: 3 } as const;
const entryBytes = 1 + 16 + 4;

export function sealCondemnedList(keys: KeyRing, name: string, packs: readonly CondemnedPack[]): Buffer {
  const writer = new ByteWriter(8 + packs.length * entryBytes).u32(1).u32(packs.length);
  for (const { id, isRelocated } of packs) {
    writer.u8(isRelocated ? codes.relocatedData : codes[id.kind]).bytes(Buffer.from(id.sessionId, "hex")).u32(id.number);
  }
  return seal(sealOf(keys, name), writer.finish());
}

/** Opens a list; raises `IntegrityError` where it is damaged. */
export function openCondemnedList(keys: KeyRing, name: string, bytes: Buffer): CondemnedPack[] {
  const reader = new ByteReader(unseal(sealOf(keys, name), bytes), "list of condemned packs");
  const version = reader.u32();
  if (version !== 1) throw reader.fail(`its version is ${String(version)}, not 1`);
  const count = reader.u32();
  if (count > maxCondemnedListEntries) throw reader.fail("its numbers are impossible");
  const packs: CondemnedPack[] = [];
  for (let position = 0; position < count; position++) {
    const code = reader.u8();
    if (code !== codes.data && code !== codes.meta && code !== codes.relocatedData) throw reader.fail(`pack kind ${String(code)} is not known`);
    const sessionId = reader.bytes(16).toString("hex");
    packs.push({ id: { kind: code === codes.meta ? "meta" : "data", sessionId, number: reader.u32() }, isRelocated: code === codes.relocatedData });
  }
  reader.end();
  return packs;
}

function sealOf(keys: KeyRing, name: string): SealContext {
  return { key: keys.structure, repositoryId: keys.repositoryId, name, label: "condemned" };
}
