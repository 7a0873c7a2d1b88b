import { setTimeout as delay } from "node:timers/promises";
import { IllegalStateError, ProviderError } from "../../errors/index.js";
import { checkDeletedNames } from "../../object-store/object-name.js";
import type { CallOptions, GetOptions, ObjectContent, ObjectInfo, ObjectStore, PutOptions } from "../../ports/index.js";
import { ObjectStoreDecorator } from "./object-store-decorator.js";
import type { ListedEntry, OpenListing, StoreCall, StoreOperation } from "./store-operation.js";

/** Which call meets a fault. */
export interface StoreFaultTarget {
  /** Every operation by default. */
  readonly operation?: StoreOperation | undefined;
  /** What the object's name (or the listing's prefix) must match; any by default. */
  readonly name?: RegExp | undefined;
  /** The n-th matching call from now on is the first to meet it; 1 by default. Of a removal of several objects each is a call. */
  readonly nth?: number | undefined;
  /** How many matching calls meet it from there on; 1 by default, `Infinity` for all. */
  readonly times?: number | undefined;
  /** Before the call took effect, or after it did and before its answer: `before` by default. */
  readonly when?: "before" | "after" | undefined;
}

/** What happens to the call. */
export type StoreFaultKind =
  /** It fails: with this error, or with a `ProviderError` (`Unreachable`), which says nothing about its effect. */
  | { readonly kind: "fail"; readonly error?: Error | undefined }
  /** It fails, and so does every call after it, as if the process were gone. */
  | { readonly kind: "kill" }
  /** It takes longer. */
  | { readonly kind: "delay"; readonly ms: number }
  /** One bit is another: of what `get` gives back (after) or of what `put` stores (before). */
  | { readonly kind: "corrupt" };

/** A fault to inject: what happens, and which calls it meets. */
export type StoreFault = StoreFaultTarget & StoreFaultKind;

interface Rule {
  readonly fault: StoreFault;
  matched: number;
  met: number;
}

/**
 * An object store that does wrong on demand: for tests of what stands on it.
 *
 * @example
 * const store = new FaultInjectingObjectStore(new MemoryObjectStore());
 * store.inject({ kind: "fail", operation: "put", nth: 3, when: "after" });
 */
export class FaultInjectingObjectStore extends ObjectStoreDecorator {
  readonly #onKill: (() => void) | undefined;
  readonly #rules = new Set<Rule>();
  #isKilled = false;

  /** `onKill` is called when a fault kills: a test may end its process there. */
  constructor(store: ObjectStore, options: { readonly onKill?: (() => void) | undefined } = {}) {
    super(store);
    this.#onKill = options.onKill;
  }

  /** Adds a fault until it has come up as often as it shall, or the returned function is called. */
  inject(fault: StoreFault): () => void {
    const rule: Rule = { fault, matched: 0, met: 0 };
    this.#rules.add(rule);
    return () => {
      this.#rules.delete(rule);
    };
  }

  override async put(name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions = {}): Promise<ObjectInfo> {
    return await this.#call({ operation: "put", name }, async (isCorrupt) => {
      if (!isCorrupt) return await this.store.put(name, body, options);
      // Damage that nobody notices on the way: the checksum fits it.
      const { sha256: _sha256, ...others } = options;
      return await this.store.put(name, flipped(body instanceof Uint8Array ? body : Buffer.concat(body)), others);
    });
  }

  override async get(name: string, options: GetOptions = {}): Promise<ObjectContent> {
    return await this.#call({ operation: "get", name }, async (isCorrupt) => {
      const content = await this.store.get(name, options);
      return isCorrupt ? { ...content, body: flipped(content.body) } : content;
    });
  }

  protected override async around<T>(call: StoreCall, work: () => Promise<T>): Promise<T> {
    return await this.#call(call, work);
  }

  /** Each name for itself, one after another: what meets a fault may stay, and the others go all the same, but those after a kill. */
  protected override async aroundMany(names: readonly string[], { signal }: CallOptions, deleteMany: (names: readonly string[]) => Promise<void>): Promise<void> {
    checkDeletedNames(names);
    signal?.throwIfAborted();
    const failures: unknown[] = [];
    for (const name of names) {
      try {
        await this.#call({ operation: "deleteMany", name }, async () => await deleteMany([name]));
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  protected override async *aroundListing<T extends ListedEntry>({ operation, name }: StoreCall, open: OpenListing<T>): AsyncGenerator<T> {
    const faults = this.#meet(operation, name);
    await this.#suffer(faults, "before", operation, name);
    yield* open();
    await this.#suffer(faults, "after", operation, name);
  }

  async #call<T>({ operation, name }: StoreCall, work: (isCorrupt: boolean) => Promise<T>): Promise<T> {
    const faults = this.#meet(operation, name);
    await this.#suffer(faults, "before", operation, name);
    const result = await work(faults.some(({ kind }) => kind === "corrupt"));
    await this.#suffer(faults, "after", operation, name);
    return result;
  }

  #meet(operation: StoreOperation, name: string): readonly StoreFault[] {
    if (this.#isKilled) throw killed(operation, name);
    const met: StoreFault[] = [];
    for (const rule of this.#rules) {
      const { fault } = rule;
      if ((fault.operation ?? operation) !== operation || fault.name?.test(name) === false) continue;
      rule.matched += 1;
      if (rule.matched < (fault.nth ?? 1) || rule.met >= (fault.times ?? 1)) continue;
      rule.met += 1;
      met.push(fault);
    }
    return met;
  }

  async #suffer(faults: readonly StoreFault[], when: "before" | "after", operation: StoreOperation, name: string): Promise<void> {
    for (const fault of faults) {
      if ((fault.when ?? "before") !== when) continue;
      if (fault.kind === "delay") await delay(fault.ms);
      if (fault.kind === "fail") throw fault.error ?? broken(operation, name);
      if (fault.kind !== "kill") continue;
      this.#isKilled = true;
      this.#onKill?.();
      throw killed(operation, name);
    }
  }
}

function broken(operation: StoreOperation, name: string): ProviderError {
  return new ProviderError(`${operation} of ${name}: the connection broke, as the test wants it.`, { code: "Unreachable", service: "faults", operation, retryable: true, context: { name } });
}

function killed(operation: StoreOperation, name: string): IllegalStateError {
  return new IllegalStateError(`${operation} of ${name}: this process is dead, as the test wants it.`, { code: "Killed", context: { name } });
}

function flipped(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return Buffer.from([1]);
  const at = Math.floor(copy.length / 2);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}
