import { createHmac, hkdfSync } from "node:crypto";
import { inspect } from "node:util";

const keyBytes = 32;

/** All keys of an opened repository, derived from its root (docs/repository-format.md, section 3). Prints nothing of them. */
export class KeyRing {
  readonly repositoryId: Buffer;
  readonly #root: Buffer;
  readonly #derived = new Map<string, Buffer>();

  constructor(root: Buffer, repositoryId: Buffer) {
    this.#root = root;
    this.repositoryId = repositoryId;
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

  /** The id under which a block is stored once: a keyed hash of its SHA-256. */
  blockId(sha256: Buffer): Buffer {
    return createHmac("sha256", this.#key("block id")).update(sha256).digest().subarray(0, 16);
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

  /** The part of a copied restore point's name that a new point takes by chance: the same whoever copies the point `source` to here. */
  copyName(source: string): string {
    return this.#name("copy", source).slice(0, 8);
  }

  toJSON(): string {
    return "KeyRing";
  }

  [inspect.custom](): string {
    return "KeyRing {}";
  }

  #name(kind: string, resource: string): string {
    return createHmac("sha256", this.#key("names")).update(`${kind}\0${resource}`, "utf8").digest("hex").slice(0, 32);
  }

  #key(info: string): Buffer {
    let key = this.#derived.get(info);
    if (key === undefined) {
      key = Buffer.from(hkdfSync("sha256", this.#root, this.repositoryId, `holdfast/1 ${info}`, keyBytes));
      this.#derived.set(info, key);
    }
    return key;
  }
}
