import type { ObjectVersion, ObjectVersions } from "../../ports/index.js";
import type { SignalOptions } from "../repository-context.js";

/** Everything that a name has been, newest first. */
export interface NamedVersions {
  readonly name: string;
  readonly versions: readonly ObjectVersion[];
}

/** The versions of all names that start with `prefix`, name by name. */
export async function* namedVersions(versions: ObjectVersions, prefix: string, options: SignalOptions & { readonly startAfter?: string | undefined } = {}): AsyncGenerator<NamedVersions> {
  let current: { readonly name: string; readonly versions: ObjectVersion[] } | undefined;
  for await (const version of versions.list(prefix, options)) {
    if (current?.name !== version.name) {
      if (current !== undefined) yield current;
      current = { name: version.name, versions: [] };
    }
    current.versions.push(version);
  }
  if (current !== undefined) yield current;
}

/** The versions of one name; none where it never was. */
export async function versionsOf(versions: ObjectVersions, name: string, options: SignalOptions = {}): Promise<NamedVersions> {
  // names that begin with this one sort behind it
  for await (const named of namedVersions(versions, name, options)) return named.name === name ? named : { name, versions: [] };
  return { name, versions: [] };
}
