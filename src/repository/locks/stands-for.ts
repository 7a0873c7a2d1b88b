import type { ObjectVersion } from "../../ports/index.js";
import { objectNames } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { judgeObject } from "./judge-object.js";
import type { NamedVersions } from "./named-versions.js";
import { isDamage } from "../store/damage.js";

/** Records, groups, slots and the configuration are small: what is larger is none of them, and is not read. */
const maxObjectBytes = 16 * 2 ** 20;

/** The version that a name stands for, with its bytes. */
export interface StandingVersion {
  readonly version: ObjectVersion;
  readonly body: Buffer;
  /** Of a record or group: above 0 where it was withdrawn for good. See {@link judgeObject}. */
  readonly rank: number;
  /** Whether the newest version says the same. */
  readonly isOnTop: boolean;
}

/**
 * What a configuration, slot, record or group stands for, whatever was put on top of it: of its authentic versions the one
 * of the highest rank, and of those the newest (of a slot, which cannot be proved, the oldest: while it is locked nothing
 * comes before it). Of several that are equal it is the first, which is the one that was locked. Nothing where no version is authentic.
 */
export async function standsFor(context: RepositoryContext, { name, versions }: NamedVersions, options: SignalOptions = {}): Promise<StandingVersion | undefined> {
  const isSlot = name.startsWith(objectNames.keySlots);
  let best: StandingVersion | undefined;
  for (const version of versions) {
    if (version.isDeleteMarker || version.sizeBytes > maxObjectBytes) continue;
    const body = await readVersion(context, version, options);
    const rank = body === undefined ? undefined : judgeObject(context.keys, name, body)?.rank;
    if (body === undefined || rank === undefined) continue;
    const isSame = best?.body.equals(body) ?? false;
    if (best !== undefined && !isSlot && !isSame && rank <= best.rank) continue;
    best = { version, body, rank, isOnTop: version === versions[0] || (isSame && best?.isOnTop === true) };
  }
  return best;
}

/** A version's bytes; nothing where it went meanwhile or cannot be read whole. */
export async function readVersion(context: RepositoryContext, { name, versionId }: ObjectVersion, options: SignalOptions): Promise<Buffer | undefined> {
  try {
    return (await context.store.get(name, { versionId, signal: options.signal })).body;
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}
