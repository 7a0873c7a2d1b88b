import type { PackReference } from "../format/dictionary-page.js";

/** Whether what the store has under a pack's name is that pack. Names are never used twice, so another size or version is no pack of this repository's making. */
export function isThePack(found: { readonly sizeBytes: number; readonly versionId?: string | undefined }, reference: PackReference): boolean {
  const isThatVersion = reference.versionId === undefined || found.versionId === undefined || found.versionId === reference.versionId;
  return found.sizeBytes === reference.sizeBytes && isThatVersion;
}
