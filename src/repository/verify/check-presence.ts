import { concurrently } from "../../concurrency/concurrently.js";
import { objectNames, packIdOf } from "../format/object-names.js";
import type { Relocations } from "../relocation/relocations.js";
import type { PackReferences } from "./pack-references.js";
import type { Verification } from "./verification.js";

/** Questions to the store under way at the same time. */
const maxInFlight = 16;

/**
 * Looks whether every pack is there in its size. A listing answers for a thousand at once; a pack that it does not show, or
 * that is read by its version, is asked for by itself. A pack that is gone is suspect, and what its relocations name is looked for too.
 */
export async function checkPresence(verification: Verification, references: PackReferences, relocations: Relocations): Promise<void> {
  const { inventory } = verification;
  await listPacks(verification);
  let asked = [...inventory.with("isReached")].filter((index) => !inventory.is(index, "isPresent"));
  while (asked.length > 0) {
    const added: number[] = [];
    let done = 0;
    await concurrently(asked, maxInFlight, async (index) => {
      await askFor(verification, references, index);
      verification.progress("presence", ++done, asked.length);
      if (inventory.is(index, "isMissing")) added.push(...(await takeInRelocated(verification, references, relocations, index)));
    });
    asked = added;
  }
}

async function listPacks({ context, inventory, options }: Verification): Promise<void> {
  for (const prefix of [objectNames.packs, objectNames.metaPacks]) {
    for await (const { name, sizeBytes } of context.store.list(prefix, { signal: options.signal })) {
      const id = packIdOf(name);
      const index = id === undefined ? undefined : inventory.find(id);
      if (index !== undefined && !inventory.is(index, "isVersioned") && inventory.sizeBytes(index) === sizeBytes) inventory.mark(index, "isPresent");
    }
  }
}

async function askFor(verification: Verification, references: PackReferences, index: number): Promise<void> {
  const { context, inventory, options } = verification;
  const name = objectNames.pack(inventory.id(index));
  const reference = await references.of(index, options);
  // removed meanwhile: what others need of it, they tell the next time
  if (reference === undefined) return;
  const { versionId, sizeBytes } = reference;
  const pinned = await context.store.head(name, { versionId, signal: options.signal });
  // as a reader does: where there is no such version, what is there under the name serves
  const found = pinned ?? (versionId === undefined ? undefined : await context.store.head(name, { signal: options.signal }));
  if (found?.sizeBytes === sizeBytes) inventory.mark(index, "isPresent");
  else if (found === undefined) verification.suspect(index, { problem: `${name} is missing.`, isMissing: true, frames: [] });
  else verification.suspect(index, { problem: `${name} has ${String(found.sizeBytes)} bytes, not ${String(sizeBytes)}.`, isMissing: false, frames: [] });
}

/** The packs that stand in for one that is gone: reached by whoever reached it. */
async function takeInRelocated({ inventory, options }: Verification, references: PackReferences, relocations: Relocations, index: number): Promise<number[]> {
  const added: number[] = [];
  for (const { packs } of await relocations.of(objectNames.pack(inventory.id(index)), options)) {
    for (const reference of packs) added.push(...[references.addRelocated(reference)].filter((one) => one !== undefined));
  }
  return added;
}
