import { objectNames, packIdOf, type PackId } from "../format/object-names.js";
import { listSessions } from "../leases/list-sessions.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** Names that are looked at before any is removed. */
const namesPerBatch = 10_000;

/**
 * Removes warm directories whose pack is gone, or never came: of packs that were collected and of runs that died. They are a
 * cache: one that was removed by mistake would cost space and no data. Sessions that are listed after the packs keep theirs.
 */
export async function removeStrayDirectories(context: RepositoryContext, options: SignalOptions): Promise<void> {
  const packs = context.store.list(objectNames.packs, options)[Symbol.asyncIterator]();
  try {
    let pack: IteratorResult<{ readonly name: string }> | undefined;
    let strays: PackId[] = [];
    for await (const { name } of context.store.list(objectNames.warmDirectories, options)) {
      const packName = objectNames.packs + name.slice(objectNames.warmDirectories.length);
      // both listings have one order
      pack ??= await packs.next();
      while (pack.done !== true && pack.value.name < packName) pack = await packs.next();
      if (pack.done !== true && pack.value.name === packName) continue;
      const id = packIdOf(packName);
      if (id !== undefined) strays.push(id);
      if (strays.length < namesPerBatch) continue;
      await remove(context, strays, options);
      strays = [];
    }
    await remove(context, strays, options);
  } finally {
    await packs.return?.();
  }
}

async function remove(context: RepositoryContext, strays: readonly PackId[], options: SignalOptions): Promise<void> {
  if (strays.length === 0) return;
  const sessions = new Set((await listSessions(context, options)).map(({ id }) => id));
  for (const id of strays) {
    if (sessions.has(id.sessionId) || (await context.store.head(objectNames.pack(id), options)) !== undefined) continue;
    await context.store.delete(objectNames.warmDirectory(id), options);
  }
}
