import { createHash } from "node:crypto";
import { IntegrityError, NotFoundError } from "../../errors/index.js";
import type { PackReference } from "../format/dictionary-page.js";
import { objectNames } from "../format/object-names.js";
import { openFrame } from "../pack/frame-codec.js";
import { openDirectory } from "../pack/read-directory.js";
import type { RepositoryContext } from "../repository-context.js";

/** Checks that a pack is there in its size and, with `readsData`, that every byte of it is right. Gives the number of blocks opened. */
export async function verifyPack(context: RepositoryContext, reference: PackReference, options: { readonly readsData: boolean; readonly signal?: AbortSignal | undefined }): Promise<number> {
  const name = objectNames.pack(reference.id);
  const fail = (what: string): IntegrityError => new IntegrityError(`${name} ${what}.`, { code: "DamagedPack", context: { object: name } });
  const found = await context.store.head(name, { versionId: reference.versionId, signal: options.signal });
  if (found === undefined) throw new NotFoundError(`${name} is missing.`, { code: "ObjectNotFound", context: { object: name } });
  if (found.sizeBytes !== reference.sizeBytes) throw fail(`has ${String(found.sizeBytes)} bytes, not ${String(reference.sizeBytes)}`);
  if (!options.readsData) return 0;
  const { body } = await context.store.get(name, { versionId: reference.versionId, signal: options.signal });
  // a pack that was found through the index beyond its budget of whole references: each frame is checked below
  const isHashKnown = reference.sha256.some((byte) => byte !== 0);
  if (isHashKnown && !createHash("sha256").update(body).digest().subarray(0, 16).equals(reference.sha256)) throw fail("is not what was stored: its SHA-256 is another");
  if (reference.id.kind === "meta") return 0;
  const entries = openDirectory(context.keys, name, body);
  for (const entry of entries) openFrame(context.keys, body.subarray(entry.offset, entry.offset + entry.length), entry);
  return entries.length;
}
