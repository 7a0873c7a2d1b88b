import type { PackReference } from "../format/dictionary-page.js";
import { objectNames, relocatedPack } from "../format/object-names.js";
import type { ObjectVersion, ObjectVersions } from "../../ports/index.js";
import { isDamage } from "../store/damage.js";
import { openRelocation } from "../relocation/relocation.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { namedVersions, type NamedVersions } from "../locks/named-versions.js";
import { readVersion } from "../locks/stands-for.js";

/** A relocation in the version that was written, whatever was put on top of it. */
export interface StandingRelocation {
  readonly named: NamedVersions;
  readonly version: ObjectVersion;
  readonly body: Buffer;
  /** The packs in which frames are found now. */
  readonly packs: readonly PackReference[];
}

/** All relocations of a versioned repository, by the pack that they are of: few, one for each pack that was healed or repaired. */
export class StandingRelocations {
  readonly #byPack = new Map<string, StandingRelocation[]>();

  static async read(context: RepositoryContext, versions: ObjectVersions, options: SignalOptions = {}): Promise<StandingRelocations> {
    const standing = new StandingRelocations();
    for await (const named of namedVersions(versions, objectNames.allRelocations, options)) {
      const pack = relocatedPack(named.name);
      const relocation = pack === undefined ? undefined : await findStanding(context, named, options);
      if (pack === undefined || relocation === undefined) continue;
      const known = standing.#byPack.get(pack);
      if (known === undefined) standing.#byPack.set(pack, [relocation]);
      else known.push(relocation);
    }
    return standing;
  }

  *all(): Generator<StandingRelocation> {
    for (const relocations of this.#byPack.values()) yield* relocations;
  }

  /** What whoever reaches a pack reaches beside it: its relocations, those of the packs that they name, and so on, each once. */
  *of(packName: string): Generator<StandingRelocation> {
    const met = new Set<string>();
    const waiting = [packName];
    for (let pack = waiting.pop(); pack !== undefined; pack = waiting.pop()) {
      if (met.has(pack)) continue;
      met.add(pack);
      for (const relocation of this.#byPack.get(pack) ?? []) {
        yield relocation;
        waiting.push(...relocation.packs.map(({ id }) => objectNames.pack(id)));
      }
    }
  }
}

/** A relocation is written once: its oldest authentic version is the one that was locked. */
async function findStanding(context: RepositoryContext, named: NamedVersions, options: SignalOptions): Promise<StandingRelocation | undefined> {
  for (const version of [...named.versions].reverse()) {
    if (version.isDeleteMarker) continue;
    const body = await readVersion(context, version, options);
    if (body === undefined) continue;
    try {
      return { named, version, body, packs: openRelocation(context.keys, named.name, body).packs };
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  return undefined;
}
