import { objectNames, relocationNumber } from "../format/object-names.js";
import { LeastRecentlyUsed } from "../store/least-recently-used.js";
import { isDamage } from "../store/damage.js";
import { readProven } from "../store/read-proven.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { openRelocation, type FramePlace, type Relocation } from "./relocation.js";

/** Packs whose relocations are at hand: a pack has 256 frames, so about 8 KiB each. */
const rememberedPacks = 1_024;

/**
 * The relocations of packs that one reader meets. Looked up only for a pack that is gone or has a frame that does not open,
 * once for each: what is written later, the next reader sees.
 */
export class Relocations {
  readonly #context: RepositoryContext;
  readonly #packs = new LeastRecentlyUsed<string, Promise<readonly Relocation[]>>(rememberedPacks);

  constructor(context: RepositoryContext) {
    this.#context = context;
  }

  /** A pack's relocations, the newest first. One that is damaged is left aside, and logged. */
  async of(packName: string, options: SignalOptions = {}): Promise<readonly Relocation[]> {
    return await LeastRecentlyUsed.load(this.#packs, packName, async () => await this.#read(packName, options));
  }

  /** Where a frame may be found, the newest place first. */
  async places(packName: string, offset: number, options: SignalOptions = {}): Promise<FramePlace[]> {
    return (await this.of(packName, options)).flatMap((relocation) => relocation.find(offset) ?? []);
  }

  async #read(packName: string, options: SignalOptions): Promise<readonly Relocation[]> {
    const { store, keys, logger } = this.#context;
    const relocations: { readonly number: number; readonly relocation: Relocation }[] = [];
    for await (const { name } of store.list(objectNames.relocations(packName), options)) {
      const number = relocationNumber(name);
      if (number === undefined) continue;
      try {
        relocations.push({ number, relocation: await readProven(logger, name, async () => openRelocation(keys, name, (await store.get(name, options)).body)) });
      } catch (error) {
        if (!isDamage(error)) throw error;
        logger.warn("a relocation cannot be read: what it has is looked for elsewhere", { object: name, error: error.message });
      }
    }
    return relocations.sort((a, b) => b.number - a.number).map(({ relocation }) => relocation);
  }
}
