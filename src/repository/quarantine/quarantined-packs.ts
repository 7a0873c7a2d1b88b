import type { PackId } from "../format/object-names.js";
import { objectNames, quarantinedPack } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { readQuarantine } from "./update-quarantine.js";
import type { Quarantine } from "./quarantine.js";

/** Packs that a writer keeps in mind: more are in quarantine only after a disaster, which verification and full backups are for. */
const maxNames = 100_000;

/** The packs that were in quarantine when a writer began: it finds no block there. */
export class QuarantinedPacks {
  readonly #context: RepositoryContext;
  readonly #names: ReadonlySet<string>;

  private constructor(context: RepositoryContext, names: ReadonlySet<string>) {
    this.#context = context;
    this.#names = names;
  }

  /** Lists the quarantines: one request where there are few. */
  static async list(context: RepositoryContext, options: SignalOptions = {}): Promise<QuarantinedPacks> {
    const names = new Set<string>();
    for await (const { name } of context.store.list(objectNames.quarantines, options)) {
      const pack = quarantinedPack(name);
      if (pack === undefined) continue;
      if (names.size === maxNames) {
        context.logger.warn("more packs are in quarantine than a writer keeps in mind: what is beyond is healed by later runs", { quarantines: maxNames });
        break;
      }
      names.add(pack);
    }
    return new QuarantinedPacks(context, names);
  }

  get isEmpty(): boolean {
    return this.#names.size === 0;
  }

  has(id: PackId): boolean {
    return this.#names.size > 0 && this.#names.has(objectNames.pack(id));
  }

  hasName(packName: string): boolean {
    return this.#names.has(packName);
  }

  /** What is known of a pack in quarantine; of one whose quarantine cannot be read, that nothing of it can be relied on. */
  async verdict(id: PackId, options: SignalOptions = {}): Promise<Pick<Quarantine, "isWhole" | "frames" | "isHealed">> {
    return (await readQuarantine(this.#context, objectNames.pack(id), options)) ?? { isWhole: true, frames: [] };
  }
}
