import { chmod, lchown, lutimes, utimes } from "node:fs/promises";
import type { FileEntry } from "./file-entry.js";
import { loadSetAttribute, type SetAttribute } from "./native-attributes.js";
import type { SavedWithoutTally } from "./saved-without.js";

const accessLists: readonly string[] = ["system.posix_acl_access", "system.posix_acl_default"];
/** Who wrote the image must not say how this machine's security modules and integrity checks take a file. */
const givenBack = /^(user\.|trusted\.|security\.capability$|system\.posix_acl_(access|default)$)/;
/** Gives files of this machine what they had in the image, as far as this machine and this process may; what not is noted, never passed over. */
export class FactsGiver {
  readonly #without: SavedWithoutTally;
  readonly #mayGiveAway = process.getuid?.() === 0;
  #setAttribute: SetAttribute | { readonly missing: string } | undefined;

  constructor(without: SavedWithoutTally) {
    this.#without = without;
  }

  /**
   * Owner, mode, attributes and time. The owner comes first: giving a file away takes its set-user-id bit and its capabilities. An access list comes after the mode, which would change its mask, and the time last.
   */
  async give(entry: FileEntry, place: Buffer): Promise<void> {
    const isLink = entry.kind === "link";
    if (entry.userId !== undefined && entry.groupId !== undefined) await this.#giveOwner(entry, place, { userId: entry.userId, groupId: entry.groupId });
    if (entry.mode !== undefined && !isLink) {
      const mode = this.#mayGiveAway ? entry.mode : entry.mode & 0o1777;
      if (mode !== entry.mode) this.#without.note("mode", entry.path, "set-user-id and set-group-id are given to files of their owners only, by root");
      await chmod(place, mode);
    }
    for (const [name, value] of Object.entries(entry.extendedAttributes ?? {})) await this.#giveAttribute(entry, place, { name, value: Buffer.from(value, "base64") });
    const { modifiedAt } = entry;
    if (modifiedAt === undefined) return;
    const seconds = Math.floor(modifiedAt.getTime() / 1000) + (entry.modifiedNanoseconds ?? 0) / 1e9;
    // Node takes a negative number for no time at all, but not a date before 1970
    const time = seconds < 0 ? modifiedAt : seconds;
    await (isLink ? lutimes : utimes)(place, time, time);
  }

  async #giveOwner({ path }: FileEntry, place: Buffer, { userId, groupId }: { readonly userId: number; readonly groupId: number }): Promise<void> {
    if (this.#mayGiveAway) await lchown(place, userId, groupId);
    else if (userId !== process.getuid?.() || groupId !== process.getgid?.()) this.#without.note("owner", path, "files are given to others by root only");
  }

  async #giveAttribute({ path }: FileEntry, place: Buffer, { name, value }: { readonly name: string; readonly value: Buffer }): Promise<void> {
    const what = accessLists.includes(name) ? "access list" : "extended attribute";
    const refuse = (reason: string): void => this.#without.note(what, path, reason);
    if (!givenBack.test(name)) {
      refuse(`${name} is for the machine that the image is of`);
      return;
    }
    const set = (this.#setAttribute ??= loadSetAttribute());
    if ("missing" in set) {
      refuse(set.missing);
      return;
    }
    const text = place.toString("utf8");
    if (!Buffer.from(text, "utf8").equals(place) || !isWellFormed(name)) {
      refuse("a name that is no UTF-8 cannot be asked for");
      return;
    }
    try {
      await set(text, name, value);
    } catch (error) {
      refuse(`this machine, its file system or this user's rights do not allow ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** Bytes that are no UTF-8 stand as lone halves of surrogates in names. */
function isWellFormed(name: string): boolean {
  return !/[\uD800-\uDFFF]/u.test(name);
}
