import { damageOf } from "../store/damage-errors.js";
import { openPackDetails, openPackList, openShard } from "../format/index-level.js";
import { openIndexManifest } from "../format/index-manifest.js";
import { openIndexRun } from "../format/index-run.js";
import { objectNames } from "../format/object-names.js";
import { levelPieces } from "../index/read-level.js";
import { isDamage } from "../store/damage.js";
import { readProven } from "../store/read-proven.js";
import type { Verification } from "./verification.js";
import { isGone } from "../store/store-answers.js";

/** Opens every object of the dedup index: a cache, so that what is damaged costs space alone. */
export async function checkIndex(verification: Verification): Promise<void> {
  const { context, options } = verification;
  const { store, keys } = context;
  for await (const { name } of store.list(objectNames.indexRuns, options)) await check(verification, name, (body) => openIndexRun(keys, name, body));
  const manifest = await check(verification, objectNames.indexManifest, (body) => openIndexManifest(keys, body));
  for (const level of manifest?.levels ?? []) {
    const { shards, pages } = levelPieces(level);
    for (const { name, count } of shards) await check(verification, name, (body) => openShard(keys, name, body, count));
    for (const { list, details, count } of pages) {
      await check(verification, list, (body) => openPackList(keys, list, body, count));
      await check(verification, details, (body) => openPackDetails(keys, details, body, count));
    }
  }
}

async function check<T>({ context, findings, options }: Verification, name: string, open: (body: Buffer) => T): Promise<T | undefined> {
  try {
    return await readProven(context.logger, name, async () => open((await context.store.get(name, options)).body));
  } catch (error) {
    // maintenance may have merged it away meanwhile; what it lost of the index is stored anew at worst
    if (isGone(error)) return undefined;
    if (!isDamage(error)) throw error;
    findings.add(name, { kind: "index", problem: damageOf(error), endangers: "No restore point: the index is a cache. Blocks that it knew may be stored again; repository.index.rebuild() is rid of the finding." });
    return undefined;
  }
}
