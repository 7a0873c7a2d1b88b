import { HoldfastError } from "../../errors/index.js";
import type { Random } from "../../ports/index.js";
import { openIndexManifest, sealIndexManifest, type IndexManifest } from "../format/index-manifest.js";
import { objectNames } from "../format/object-names.js";
import type { SignalOptions } from "../signal-options.js";
import type { IndexSource } from "./index-source.js";

const emptyManifest: IndexManifest = { change: "0".repeat(32), building: null, levels: [] };

/** A manifest as it was read: `etag` says over what the next one may be written. */
export interface StoredManifest {
  readonly manifest: IndexManifest;
  readonly etag: string | undefined;
  /** It could not be opened, and what it names is lost to the index. */
  readonly isDamaged: boolean;
}

/** Reads the manifest of the index; an empty one where there is none, or none that can be opened. */
export async function readIndexManifest({ store, keys, logger }: IndexSource, options: SignalOptions): Promise<StoredManifest> {
  let etag: string | undefined;
  try {
    const content = await store.get(objectNames.indexManifest, options);
    etag = content.etag;
    return { manifest: openIndexManifest(keys, content.body), etag, isDamaged: false };
  } catch (error) {
    if (!HoldfastError.isInstance(error)) throw error;
    if (error.code === "ObjectNotFound") return { manifest: emptyManifest, etag: undefined, isDamaged: false };
    if (error.name !== "IntegrityError" || etag === undefined) throw error;
    logger.warn("the manifest of the dedup index is damaged: the blocks of what it names may be stored again", { object: objectNames.indexManifest, error: error.message });
    return { manifest: emptyManifest, etag, isDamaged: true };
  }
}

/** Writes the next manifest over the one that was read: one wins. `superseded` where another was written meanwhile. */
export async function replaceIndexManifest(
  source: IndexSource & { readonly random: Random },
  before: StoredManifest,
  next: Omit<IndexManifest, "change">,
  options: SignalOptions,
): Promise<StoredManifest | "superseded"> {
  const manifest: IndexManifest = { ...next, change: source.random.bytes(16).toString("hex") };
  try {
    const { etag } = await source.store.put(objectNames.indexManifest, sealIndexManifest(source.keys, manifest), {
      condition: before.etag === undefined ? "absent" : { etag: before.etag },
      signal: options.signal,
    });
    return { manifest, etag, isDamaged: false };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!HoldfastError.isInstance(error)) throw error;
    // the answer may be lost, or be that to a second try of the same request: what is stored tells
    const found = await readIndexManifest(source, options);
    if (found.manifest.change === manifest.change) return found;
    if (error.code === "ConditionFailed" || error.code === "ObjectNotFound") return "superseded";
    throw error;
  }
}
