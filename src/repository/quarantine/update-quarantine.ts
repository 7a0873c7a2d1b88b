import { objectNames } from "../format/object-names.js";
import { isCorruption } from "../store/damage.js";
import { readProven } from "../store/read-proven.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { openQuarantine, sealQuarantine, type Quarantine, type QuarantinedFrame } from "./quarantine.js";
import { isConditionFailed, isGone } from "../store/store-answers.js";

/** What was found of a pack. */
export interface PackVerdict {
  readonly isWhole: boolean;
  readonly frames: readonly QuarantinedFrame[];
  /** Every frame of it that a restore point needs is relocated. */
  readonly isHealed: boolean;
}

interface Stored {
  readonly etag: string;
  /** `undefined` where what is stored is damaged itself: it is written anew. */
  readonly quarantine: Quarantine | undefined;
}

/** Reads a pack's quarantine; `undefined` where it has none. */
export async function readQuarantine(context: RepositoryContext, packName: string, options: SignalOptions = {}): Promise<Quarantine | undefined> {
  return (await readStored(context, packName, options))?.quarantine;
}

/** Puts a pack into quarantine, or adds to what is known of it; several that find damage at once lose nothing of it. */
export async function quarantinePack(context: RepositoryContext, packName: string, verdict: PackVerdict, options: SignalOptions = {}): Promise<void> {
  await update(context, packName, (known) => merge(context, packName, known, verdict), options);
}

/** Says that every frame of a pack in quarantine is relocated; nothing where it is not in quarantine. */
export async function markHealed(context: RepositoryContext, packName: string, options: SignalOptions = {}): Promise<void> {
  await update(context, packName, (known) => (known === undefined || known.isHealed === true ? undefined : { ...known, isHealed: true }), options);
}

/** Ends the quarantine of a pack whose every byte was read and is right; nothing where another verdict came meanwhile. */
export async function releasePack(context: RepositoryContext, packName: string, options: SignalOptions = {}): Promise<void> {
  const stored = await readStored(context, packName, options);
  if (stored === undefined) return;
  try {
    await context.store.delete(objectNames.quarantine(packName), { etag: stored.etag, ...options });
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
  }
}

function merge(context: RepositoryContext, pack: string, known: Quarantine | undefined, { isWhole, frames, isHealed }: PackVerdict): Quarantine | undefined {
  const all = new Map([...(known?.frames ?? []), ...frames].map((frame) => [frame.offset, frame]));
  const next: Quarantine = {
    version: 1,
    pack,
    foundAt: known?.foundAt ?? context.clock.now().toISOString(),
    isWhole: isWhole || known?.isWhole === true,
    frames: [...all.values()].sort((a, b) => a.offset - b.offset),
    isHealed,
  };
  return known !== undefined && JSON.stringify(known) === JSON.stringify(next) ? undefined : next;
}

/** Puts what `change` makes of the quarantine, over that very one: read again and tried again where another was faster. */
async function update(context: RepositoryContext, packName: string, change: (known: Quarantine | undefined) => Quarantine | undefined, options: SignalOptions): Promise<void> {
  const name = objectNames.quarantine(packName);
  for (;;) {
    const stored = await readStored(context, packName, options);
    const next = change(stored?.quarantine);
    if (next === undefined) return;
    try {
      await context.store.put(name, sealQuarantine(context.keys, name, next), { condition: stored === undefined ? "absent" : { etag: stored.etag }, ...options });
      return;
    } catch (error) {
      if (!isConditionFailed(error) && !isGone(error)) throw error;
    }
  }
}

async function readStored({ store, keys, logger }: RepositoryContext, packName: string, options: SignalOptions): Promise<Stored | undefined> {
  const name = objectNames.quarantine(packName);
  let etag: string | undefined;
  try {
    return await readProven(logger, name, async () => {
      const content = await store.get(name, options);
      etag = content.etag;
      return { etag, quarantine: openQuarantine(keys, name, content.body) };
    });
  } catch (error) {
    if (isGone(error)) return undefined;
    if (!isCorruption(error) || etag === undefined) throw error;
    logger.warn("a quarantine is damaged itself: its pack counts as damaged until it is verified again", { object: name, error: error.message });
    return { etag, quarantine: undefined };
  }
}
