import { HoldfastError } from "../../errors/index.js";
import { checkOptionNames, invalidOption } from "../../options/option-error.js";
import type { Clock, ObjectInfo, ObjectStore, PutOptions, Random } from "../../ports/index.js";
import { SystemClock, systemRandom } from "../../system/index.js";
import { ObjectStoreDecorator } from "./object-store-decorator.js";
import type { ListedEntry, OpenListing, StoreCall } from "./store-operation.js";

/** How often and how soon a failed call is made again. */
export interface RetryingObjectStoreOptions {
  /** Attempts of a call, the first included (default 5, at least 1). A listing that goes on begins to count anew. */
  readonly maxAttempts?: number | undefined;
  /** The longest wait before the second attempt, in milliseconds; it doubles with each further one (default 100). */
  readonly baseDelayMs?: number | undefined;
  /** The longest wait of all, in milliseconds (default 20,000). */
  readonly maxDelayMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/**
 * An object store that makes calls again whose error says that this may help (`retryable`), after waits of full jitter: for
 * stores that do not do so themselves, such as one's own. A listing goes on where it broke off.
 *
 * What has a condition is made once only: after a lost answer, the second attempt would meet the work of the first and take
 * it for somebody else's. Whoever sets conditions reads back.
 *
 * @example
 * const store = new RetryingObjectStore(new MyObjectStore(), { maxAttempts: 3 });
 */
export class RetryingObjectStore extends ObjectStoreDecorator {
  readonly #maxAttempts: number;
  readonly #baseDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #clock: Clock;
  readonly #random: Random;

  /** Raises `ConfigurationError` naming the option that is wrong. */
  constructor(store: ObjectStore, options: RetryingObjectStoreOptions = {}) {
    checkOptionNames(options, ["maxAttempts", "baseDelayMs", "maxDelayMs", "clock", "random"], "retries");
    super(store);
    const { maxAttempts = 5, baseDelayMs = 100, maxDelayMs = 20_000, clock = new SystemClock(), random = systemRandom } = options;
    checkNumber("maxAttempts", maxAttempts, 1);
    checkNumber("baseDelayMs", baseDelayMs, 0);
    checkNumber("maxDelayMs", maxDelayMs, 0);
    this.#maxAttempts = maxAttempts;
    this.#baseDelayMs = baseDelayMs;
    this.#maxDelayMs = maxDelayMs;
    this.#clock = clock;
    this.#random = random;
  }

  override async put(name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions = {}): Promise<ObjectInfo> {
    return options.condition === undefined ? await super.put(name, body, options) : await this.store.put(name, body, options);
  }

  override async delete(name: string, options: Parameters<ObjectStore["delete"]>[1] = {}): Promise<void> {
    await (options.etag === undefined ? super.delete(name, options) : this.store.delete(name, options));
  }

  protected override async around<T>(call: StoreCall, work: () => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await work();
      } catch (error) {
        await this.#waitOrGiveUp(call, error, failures);
      }
    }
  }

  protected override async *aroundListing<T extends ListedEntry>(call: StoreCall, open: OpenListing<T>): AsyncGenerator<T> {
    const told = new ToldEntries();
    for (let failures = 1; ; failures++) {
      try {
        for await (const entry of open(told.startAfter)) {
          if (!told.add(entry)) continue;
          failures = 0;
          yield entry;
        }
        return;
      } catch (error) {
        await this.#waitOrGiveUp(call, error, Math.max(1, failures));
      }
    }
  }

  async #waitOrGiveUp({ signal }: StoreCall, error: unknown, failures: number): Promise<void> {
    if (!HoldfastError.isInstance(error) || !error.retryable || failures >= this.#maxAttempts) throw error;
    const longestMs = Math.min(this.#maxDelayMs, this.#baseDelayMs * 2 ** Math.min(failures - 1, 30));
    await this.#clock.sleep(longestMs * this.#random.fraction(), signal);
  }
}

/** What a listing has told: the last name, of which there may be more versions, and the name before. */
class ToldEntries {
  /** After which name another listing must begin, to tell what is missing. */
  startAfter: string | undefined;
  #name: string | undefined;
  readonly #versionIds = new Set<string | undefined>();

  /** Whether the entry is new. */
  add({ name, versionId }: ListedEntry): boolean {
    if (name !== this.#name) {
      this.startAfter = this.#name ?? this.startAfter;
      this.#name = name;
      this.#versionIds.clear();
    }
    if (this.#versionIds.has(versionId)) return false;
    this.#versionIds.add(versionId);
    return true;
  }
}

function checkNumber(path: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw invalidOption(path, value, `must be a whole number, at least ${least}.`);
}
