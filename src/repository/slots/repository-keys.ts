import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import * as z from "zod";
import { ConfigurationError, ConflictError, HoldfastError, IntegrityError, NotFoundError, PartialFailureError } from "../../errors/index.js";
import { checkCallOptions } from "../../options/call-options.js";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema } from "../../options/schemas.js";
import type { KeyProvider } from "../../ports/index.js";
import { slotIdOf } from "../format/object-names.js";
import { cannotLock } from "../locks/repository-locks.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { addSlot } from "./add-slot.js";
import { checkEncryption, type EncryptionOptions } from "./encryption-options.js";
import { keyRoles, type KeyRole } from "../keys/key-role.js";
import type { KeySource } from "../keys/key-source.js";
import { readSlots, type StoredSlot } from "./read-slots.js";
import { formatRecoveryKey, recoverySecretBytes } from "./recovery-key.js";
import { removeSlot } from "./remove-slot.js";
import { maxLabelCharacters, type KeySlot } from "../format/slot-document.js";
import { describeSlot, type KeySlotDescription } from "./slot-description.js";

/** How a new key slot is made. */
export interface AddKeyOptions extends SignalOptions {
  /** What its holder may do (default: `owner`). */
  readonly role?: KeyRole | undefined;
  /** What people shall know it by: `restore desk`. Stored in the open; at most 256 characters. */
  readonly label?: string | undefined;
}

/** A recovery key, which is shown this once. */
export interface AddedRecoveryKey {
  readonly slot: KeySlotDescription;
  /** To be printed and kept away from the repository: `HF1-` and nine groups of four characters. */
  readonly recoveryKey: string;
}

/** What the facade needs beside the repository's context. */
export interface RepositoryKeysOptions {
  readonly context: RepositoryContext;
  readonly keyProvider: KeyProvider | undefined;
  readonly isSealed: boolean;
}

/** So many ways into one repository are more than anybody keeps track of. */
const maxSlots = 64;

/**
 * The ways in which a repository can be opened: its key slots. Slots come and go without any data being written anew.
 *
 * Only an owner can add, rotate and remove them. A removed slot opens nothing any more; whoever opened the repository with
 * it before may have kept what it held.
 *
 * @example
 * const restoreDesk = await repository.keys.add({ passphrase }, { role: "restore", label: "restore desk" });
 * const { recoveryKey } = await repository.keys.addRecoveryKey();
 * for await (const slot of repository.keys.list()) console.log(slot.id, slot.kind, slot.role, slot.label);
 */
export class RepositoryKeys {
  readonly #options: RepositoryKeysOptions;
  readonly #proven: Set<string>;

  /** @internal Made by the repository. */
  constructor(options: RepositoryKeysOptions) {
    this.#options = options;
    const opened = slotIdOf(options.context.openedSlot?.name ?? "");
    this.#proven = new Set(opened === undefined ? [] : [opened]);
  }

  /** What the key with which the repository was opened allows. */
  get role(): KeyRole {
    return this.#options.context.keys.role;
  }

  /** All slots, damaged ones too; never a secret. */
  async *list(options: SignalOptions = {}): AsyncGenerator<KeySlotDescription> {
    for await (const stored of this.#read(checkCallOptions(options))) yield describeSlot(this.#options.context.keys, stored);
  }

  /**
   * Adds a way of opening the repository. It is proven to open, as it is stored, before this resolves.
   * Raises `ConfigurationError`: `KeyNotHeld` where the repository was not opened by an owner, `NotEncrypted` where there is nothing to protect.
   */
  async add(encryption: EncryptionOptions, options: AddKeyOptions = {}): Promise<KeySlotDescription> {
    const checked = checkAddOptions(options);
    const source = checkEncryption(encryption, { keyProvider: this.#options.keyProvider, isForNewSlot: true });
    return await this.#add(source, checked);
  }

  /** Adds a recovery key: a secret on paper, for the day when nothing else is left. It is shown once and stored nowhere. */
  async addRecoveryKey(options: AddKeyOptions = {}): Promise<AddedRecoveryKey> {
    const checked = checkAddOptions(options);
    const secret = randomBytes(recoverySecretBytes);
    const slot = await this.#add({ kind: "recovery", secret }, checked);
    return { slot, recoveryKey: formatRecoveryKey(secret) };
  }

  /**
   * Removes a slot. `NotFoundError` (`KeySlotNotFound`) where there is none; `ConflictError`: `LastOwnerSlot` where no other owner's slot
   * that is known to open would remain, `KeySlotLocked` where Object Lock keeps it, with the time until when. On a versioned
   * bucket its versions go too; where they cannot, a `PartialFailureError` (`KeySlotVersionsRemain`) says so.
   */
  async remove(slotId: string, options: SignalOptions = {}): Promise<void> {
    const { context, keyProvider } = this.#options;
    const checked = checkCallOptions(options);
    this.#assertOwner();
    await removeSlot({ store: context.store, keys: context.keys, clock: context.clock, keyProvider, proven: this.#proven }, slotId, checked);
    this.#proven.delete(slotId);
  }

  /**
   * Puts a new slot in an old one's place, with its role and label: adds, proves, then removes. Where the old one cannot be removed, both open
   * the repository, and a `PartialFailureError` (`OldKeySlotRemains`) says so.
   */
  async rotate(slotId: string, encryption: EncryptionOptions, options: SignalOptions = {}): Promise<KeySlotDescription> {
    const { signal } = checkCallOptions(options);
    const source = checkEncryption(encryption, { keyProvider: this.#options.keyProvider, isForNewSlot: true });
    this.#assertOwner();
    const { role, label } = await this.#find(slotId, { signal });
    const added = await this.#add(source, { role, label, signal });
    try {
      await this.remove(slotId, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      if (!HoldfastError.isInstance(error)) throw error;
      throw new PartialFailureError(`The new key slot ${added.id} opens the repository, but the old one, ${slotId}, could not be removed and opens it too: ${error.message} Remove it by repository.keys.remove.`, {
        code: "OldKeySlotRemains",
        failures: [{ resource: slotId, error }],
        completed: [added.id],
        context: { added: added.id, remains: slotId },
        cause: error,
      });
    }
    return added;
  }

  /** How it prints: the role, and no key. */
  [inspect.custom](): string {
    return `RepositoryKeys { role: ${this.role} }`;
  }

  async #add(source: KeySource, { role, label, signal }: AddKeyOptions & { readonly role: KeyRole }): Promise<KeySlotDescription> {
    const { context, isSealed } = this.#options;
    this.#assertOwner();
    if (!isSealed || source.kind === "none") {
      const why = isSealed ? 'a slot of the kind "none" would store its root in the open' : "its root lies in the open since it was made, and more slots would only seem to protect it; copy it to a new repository";
      throw new ConfigurationError(`encryption: the repository at ${context.store.location} gets no such key: ${why}.`, { code: "NotEncrypted", context: { path: "encryption" } });
    }
    let count = 0;
    for await (const { isForeign } of this.#read({ signal })) count += isForeign ? 0 : 1;
    if (count >= maxSlots) throw new ConflictError(`The repository has ${String(count)} key slots already: remove some that nobody needs (repository.keys.list, repository.keys.remove).`, { code: "TooManyKeySlots", context: { slots: count } });
    const { slot, name, bytes } = await addSlot(context.store, context.keys, { source, role, label, createdAt: context.clock.now(), lock: context.locks?.lockNow() }, { signal });
    this.#proven.add(slot.slot);
    return describeSlot(context.keys, { id: slot.slot, name, slot, bytes, problem: "", isForeign: false });
  }

  #read(options: SignalOptions): AsyncGenerator<StoredSlot> {
    const { store, keys } = this.#options.context;
    return readSlots(store, keys.repositoryId.toString("hex"), options);
  }

  async #find(slotId: string, options: SignalOptions): Promise<KeySlot> {
    for await (const { id, slot, name, problem } of this.#read(options)) {
      if (id !== slotId) continue;
      if (slot !== undefined) return slot;
      throw new IntegrityError(`The key slot ${name} cannot be rotated, because it cannot be read: ${problem}. Add a new one, then remove this one.`, { code: "DamagedKeySlot", context: { object: name } });
    }
    throw new NotFoundError(`There is no key slot ${slotId} in the repository at ${this.#options.context.store.location}. repository.keys.list() lists those that are there.`, { code: "KeySlotNotFound", context: { slot: slotId } });
  }

  /** Raises `KeyNotHeld`, or where an immutable repository lies in a place that cannot lock, before anything is read or written. */
  #assertOwner(): void {
    const { keys, isReadOnly, store } = this.#options.context;
    keys.assertHolds("slots");
    // A slot that is not locked is none that an immutable repository promises.
    if (isReadOnly === true) throw cannotLock(store.location);
  }
}

const labelText = `must be a text of 1 to ${String(maxLabelCharacters)} characters.`;
const addSchema = z.strictObject({
  role: z.enum(keyRoles, { error: `must be one of ${keyRoles.join(", ")}.` }).default("owner"),
  label: z.string({ error: labelText }).min(1, labelText).max(maxLabelCharacters, labelText).optional(),
  signal: signalSchema,
});

function checkAddOptions(options: AddKeyOptions): z.infer<typeof addSchema> {
  return checkOptions(options, { of: "a key", schema: addSchema });
}
