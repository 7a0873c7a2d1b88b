import { createHmac, hkdfSync } from "node:crypto";
import { inspect } from "node:util";
import { ConfigurationError } from "../../errors/index.js";
import { bundles, purposeOf, rolesWith, type BundleRole, type KeyName, type KeyRole } from "./key-role.js";

/** Every key, the root included. */
export const keyBytes = 32;

/** Some of a repository's keys: what a slot of a narrower role holds. */
export interface KeyBundle {
  readonly role: BundleRole;
  /** The role's keys in their order, one after the other. */
  readonly keys: Buffer;
}

/**
 * The keys of an opened repository: all of them, derived from its root, or those of a role (docs/repository-format.md, section 3).
 *
 * Asking for a key that is not held raises `ConfigurationError` (`KeyNotHeld`). Prints nothing of any key.
 */
export class KeyRing {
  readonly repositoryId: Buffer;
  /** Whose keys these are. */
  readonly role: KeyRole;
  readonly #root: Buffer | undefined;
  readonly #keys = new Map<KeyName, Buffer>();

  /** The keys of a root, or those in a bundle. */
  constructor(secret: Buffer | KeyBundle, repositoryId: Buffer) {
    this.repositoryId = repositoryId;
    if (Buffer.isBuffer(secret)) {
      this.role = "owner";
      this.#root = secret;
      return;
    }
    this.role = secret.role;
    for (const [index, name] of bundles[secret.role].entries()) this.#keys.set(name, secret.keys.subarray(index * keyBytes, (index + 1) * keyBytes));
  }

  /** Seals structure: which packs a point reaches. */
  get structure(): Buffer {
    return this.#key("structure");
  }

  /** Seals metadata: leaves, names, tags. */
  get metadata(): Buffer {
    return this.#key("metadata");
  }

  get configuration(): Buffer {
    return this.#key("configuration");
  }

  /** Proves to owners that a key slot was made by one of them. */
  get slots(): Buffer {
    return this.#key("slots");
  }

  /** The id under which a block is stored once: a keyed hash of its SHA-256. */
  blockId(sha256: Buffer): Buffer {
    return blockIdOf(this.blockIdKey, sha256);
  }

  /** By which block ids are made and proven. */
  get blockIdKey(): Buffer {
    return this.#key("block id");
  }

  /** The key that seals one block. */
  blockKey(epoch: number, blockId: Buffer): Buffer {
    return createHmac("sha256", this.#key(`data ${String(epoch)}`)).update(blockId).digest();
  }

  /** The name of a resource's stream of records. */
  streamName(resource: string): string {
    return this.#name("stream", resource);
  }

  /** The name under which a resource's restore points are grouped. */
  resourceName(resource: string): string {
    return this.#name("resource", resource);
  }

  /** The name under which the runs of a policy are kept. */
  policyName(policy: string): string {
    return this.#name("policy", policy);
  }

  /** The part of a copied restore point's name that a new point takes by chance: the same whoever copies the point `source` to here. */
  copyName(source: string): string {
    return this.#name("copy", source).slice(0, 8);
  }

  /** Whether a key is there to be used. */
  holds(name: KeyName): boolean {
    return this.#root !== undefined || this.#keys.has(name);
  }

  /** Raises `ConfigurationError` (`KeyNotHeld`) where a key is not there. */
  assertHolds(name: KeyName): void {
    if (!this.holds(name)) throw this.#notHeld(name);
  }

  /** What a slot of a role wraps: the root, which only an owner has, or the role's keys. Raises `ConfigurationError` (`KeyNotHeld`) where one of them is not held. */
  secretOf(role: KeyRole): Buffer {
    if (role === "owner") {
      if (this.#root === undefined) throw this.#notHeld("slots");
      return Buffer.from(this.#root);
    }
    return Buffer.concat(bundles[role].map((name) => this.#key(name)));
  }

  toJSON(): string {
    return "KeyRing";
  }

  [inspect.custom](): string {
    return `KeyRing { role: ${this.role} }`;
  }

  #name(kind: string, resource: string): string {
    return createHmac("sha256", this.#key("names")).update(`${kind}\0${resource}`, "utf8").digest("hex").slice(0, 32);
  }

  #key(name: KeyName): Buffer {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    if (this.#root === undefined) throw this.#notHeld(name);
    const key = Buffer.from(hkdfSync("sha256", this.#root, this.repositoryId, `holdfast/1 ${name}`, keyBytes));
    this.#keys.set(name, key);
    return key;
  }

  #notHeld(name: KeyName): ConfigurationError {
    const roles = rolesWith(name);
    return new ConfigurationError(`encryption: this repository was opened with a key of the role "${this.role}", which has no key to ${purposeOf(name)}. Open it with a key of the role ${roles.join(" or ")}.`, {
      code: "KeyNotHeld",
      context: { path: "encryption", role: this.role, key: name, roles, repositoryId: this.repositoryId.toString("hex") },
    });
  }
}

/** The id of the block with this SHA-256, by the key of block ids. */
export function blockIdOf(key: Buffer, sha256: Buffer): Buffer {
  return createHmac("sha256", key).update(sha256).digest().subarray(0, 16);
}

/** The keys that a slot's secret gives: the root's, or those of the bundle. */
export function keyRingOf(role: KeyRole, secret: Buffer, repositoryId: Buffer): KeyRing {
  return new KeyRing(role === "owner" ? secret : { role, keys: secret }, repositoryId);
}

/** How long a slot's secret is. */
export function secretBytes(role: KeyRole): number {
  return role === "owner" ? keyBytes : bundles[role].length * keyBytes;
}
