import { type HoldfastError } from "../../errors/index.js";
import type { ObjectInfo, ObjectVersion } from "../../ports/index.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { namedVersions, versionsOf, type NamedVersions } from "./named-versions.js";
import { readVersion, standsFor } from "./stands-for.js";
import { isDamage } from "../store/damage.js";

/** Which names are listed, and how closely each is looked at. */
export interface ListStoredOptions extends SignalOptions {
  readonly startAfter?: string | undefined;
  /** `all`: a name with several versions is listed as the authentic one that it stands for. `hidden`: only a name under a delete marker is looked at. */
  readonly judge: "all" | "hidden";
}

/**
 * Lists records or groups. In an immutable repository by their versions (the same number of requests), so that neither a
 * delete marker nor an overwrite hides one; elsewhere as the store has them.
 */
export async function* listStored(context: RepositoryContext, prefix: string, options: ListStoredOptions): AsyncGenerator<ObjectInfo> {
  const { startAfter, judge, signal } = options;
  if (context.locks === undefined) {
    yield* context.store.list(prefix, { startAfter, signal });
    return;
  }
  for await (const named of namedVersions(context.locks.versions, prefix, { startAfter, signal })) {
    const listed = await listedVersion(context, named, judge, { signal });
    if (listed !== undefined) yield infoOf(listed);
  }
}

async function listedVersion(context: RepositoryContext, named: NamedVersions, judge: ListStoredOptions["judge"], options: SignalOptions): Promise<ObjectVersion | undefined> {
  const [newest] = named.versions;
  if (newest === undefined) return undefined;
  const isPlain = named.versions.length === 1 || judge === "hidden";
  if (isPlain && !newest.isDeleteMarker) return newest;
  const standing = await standsFor(context, named, options);
  if (standing === undefined) return newest.isDeleteMarker ? undefined : newest;
  if (!standing.isOnTop) report(context, named);
  return standing.version;
}

/**
 * Reads a record or group as what its name stands for. In an immutable repository an older authentic version serves where
 * the newest is a delete marker, foreign, or a state that was left behind; a line in the log says so.
 */
export async function readStored(context: RepositoryContext, name: string, options: SignalOptions & { readonly versionId?: string | undefined } = {}): Promise<{ readonly body: Buffer; readonly etag: string }> {
  const { locks, store } = context;
  if (locks === undefined || options.versionId !== undefined) return await store.get(name, options);
  const named = await versionsOf(locks.versions, name, options);
  const [newest] = named.versions;
  if (named.versions.length < 2 && newest?.isDeleteMarker !== true) return await store.get(name, options);
  const standing = await standsFor(context, named, options);
  // nothing authentic: reading what there is says what is wrong with it
  if (standing === undefined) return await store.get(name, options);
  if (!standing.isOnTop) report(context, named);
  return { body: standing.body, etag: standing.version.etag ?? "" };
}

/** Reads the version of a name that `open` accepts: the newest that it opens; raises what the current one raised where there is none. */
export async function readAccepted<T>(context: RepositoryContext, name: string, open: (body: Buffer) => T, options: SignalOptions = {}): Promise<T> {
  let failure: HoldfastError;
  try {
    return open((await context.store.get(name, options)).body);
  } catch (error) {
    if (!isDamage(error) || context.locks === undefined) throw error;
    failure = error;
  }
  const named = await versionsOf(context.locks.versions, name, options);
  for (const version of named.versions) {
    const body = version.isDeleteMarker ? undefined : await readVersion(context, version, options);
    try {
      if (body === undefined) continue;
      const value = open(body);
      report(context, named);
      return value;
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  throw failure;
}

function report(context: RepositoryContext, { name, versions }: NamedVersions): void {
  const by = versions[0]?.isDeleteMarker === true ? "a delete marker" : "a version that is not the one meant";
  context.logger.warn(`an object of the immutable repository is hidden by ${by}: the authentic version was read; repository.recover() brings it back`, { object: name });
}

function infoOf({ name, sizeBytes, etag = "", versionId, modifiedAt }: ObjectVersion): ObjectInfo {
  return { name, sizeBytes, etag, versionId, modifiedAt };
}
