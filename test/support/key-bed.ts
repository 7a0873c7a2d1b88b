import { decodeConfiguration } from "../../src/repository/format/configuration.js";
import { Repository, type EncryptionOptions } from "../../src/index.js";
import type { ObjectStore } from "../../src/ports/index.js";
import { findKeys } from "../../src/repository/slots/find-keys.js";
import type { KeyRing } from "../../src/repository/keys/key-ring.js";
import type { KeyRole } from "../../src/repository/keys/key-role.js";
import type { KeySource } from "../../src/repository/keys/key-source.js";
import { encodeSlot } from "../../src/repository/format/slot-document.js";
import { sealSlot } from "../../src/repository/slots/slot-secret.js";
import { key } from "./backup-world.js";
import { MemoryObjectStore } from "./memory-object-store.js";

export const passphrase = "correct horse battery staple";
export const otherKey = Buffer.alloc(32, 9);
/** Half a second a passphrase is for burglars, not for tests. */
export const cheapScrypt = { N: 2, r: 1, p: 1 };

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export function openAt(store: ObjectStore, encryption: EncryptionOptions): Promise<Repository> {
  return Repository.open({ storage: { location: store.location, openStore: () => Promise.resolve(store) }, encryption });
}

/** A store of which some methods are a test's own. */
export function storeWith(store: ObjectStore, own: Partial<ObjectStore>): ObjectStore {
  return {
    location: store.location,
    put: (...args) => store.put(...args),
    get: (...args) => store.get(...args),
    head: (...args) => store.head(...args),
    list: (...args) => store.list(...args),
    delete: (...args) => store.delete(...args),
    ...own,
  };
}

/** A repository in memory whose first slot is the raw `key`, with the owner's keys in hand. */
export class KeyBed {
  readonly store: MemoryObjectStore;
  readonly repository: Repository;
  readonly keys: KeyRing;

  private constructor(store: MemoryObjectStore, repository: Repository, keys: KeyRing) {
    this.store = store;
    this.repository = repository;
    this.keys = keys;
  }

  static async open(): Promise<KeyBed> {
    const store = new MemoryObjectStore();
    const repository = await Repository.create({ storage: { location: "memory", openStore: () => Promise.resolve(store) }, encryption: { key } });
    const configuration = decodeConfiguration(store.objects.get("holdfast.json") ?? Buffer.alloc(0), "memory");
    const { keys } = await findKeys({ store, configuration, source: { kind: "raw", key }, location: "memory", logger: silent });
    return new KeyBed(store, repository, keys);
  }

  /** Stores a slot as `repository.keys.add` would, but cheap to open; gives its object's name. */
  async plant(source: KeySource, role: KeyRole = "owner"): Promise<string> {
    const slot = await sealSlot(this.keys, { source, role, createdAt: new Date(), label: "planted", scryptCost: cheapScrypt });
    this.store.objects.set(`keys/${slot.slot}`, encodeSlot(slot));
    return `keys/${slot.slot}`;
  }

  get slotNames(): string[] {
    return [...this.store.objects.keys()].filter((name) => name.startsWith("keys/")).sort();
  }

  async list(repository = this.repository): Promise<string[]> {
    const lines: string[] = [];
    for await (const { kind, role, state } of repository.keys.list()) lines.push([kind, role, state].join(" "));
    return lines.sort();
  }
}
