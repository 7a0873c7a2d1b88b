/**
 * What the holder of a key slot may do.
 *
 * - `owner`: everything, and manage the keys.
 * - `writer`: back up, restore, verify, collect.
 * - `restore`: list, restore, verify. It cannot find or begin a resource's stream, so it writes no restore point.
 * - `collector`: see which packs are reached, and so find what is not needed any more. It reads no data and no names.
 */
export type KeyRole = "owner" | "writer" | "restore" | "collector";

/** A role whose slots hold some of the keys, and not the root. */
export type BundleRole = Exclude<KeyRole, "owner">;

export const keyRoles = ["owner", "writer", "restore", "collector"] as const satisfies readonly KeyRole[];

/** The derived keys, as docs/repository-format.md, section 3, names them after `holdfast/1 `. */
export type KeyName = "block id" | `data ${string}` | "structure" | "metadata" | "names" | "configuration" | "slots";

/** The keys in a role's slots, in their order there. */
export const bundles: Readonly<Record<BundleRole, readonly KeyName[]>> = {
  writer: ["block id", "data 0", "structure", "metadata", "names", "configuration"],
  restore: ["block id", "data 0", "structure", "metadata", "configuration"],
  collector: ["structure", "configuration"],
};

/** What a key is for, to complete "no key to …". */
export function purposeOf(name: KeyName): string {
  switch (name) {
    case "block id":
      return "name blocks";
    case "structure":
      return "see what a restore point reaches";
    case "metadata":
      return "read what a restore point is of";
    case "names":
      return "find or begin a resource's stream, which a new restore point needs";
    case "configuration":
      return "trust holdfast.json";
    case "slots":
      return "manage the repository's keys";
    default:
      return `read or write blocks (${name})`;
  }
}

/** The roles that hold a key. */
export function rolesWith(name: KeyName): readonly KeyRole[] {
  return keyRoles.filter((role) => role === "owner" || bundles[role].includes(name));
}
