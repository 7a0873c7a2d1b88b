import { checkOptionNames, invalidOption } from "../../options/option-error.js";
import type { Clock, GetOptions, ObjectContent, ObjectInfo, ObjectStore, PutOptions } from "../../ports/index.js";
import { SystemClock } from "../../system/index.js";
import { ObjectStoreDecorator } from "./object-store-decorator.js";
import { Pace } from "./pace.js";
import type { ListedEntry, OpenListing, StoreCall } from "./store-operation.js";

/** How much may be asked of a store in a second. */
export interface ThrottledObjectStoreOptions {
  /** Bytes of bodies put and got, together. No limit by default. */
  readonly bytesPerSecond?: number | undefined;
  /** Calls of the port; a listing is one. No limit by default. */
  readonly callsPerSecond?: number | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * An object store that is asked for no more than so much a second, for lines and disks that others use too. Calls wait
 * their turn; a single body larger than a second's share goes as a whole, and the next call waits for it.
 *
 * @example
 * const store = new ThrottledObjectStore(inner, { bytesPerSecond: 50 * 2 ** 20 });
 */
export class ThrottledObjectStore extends ObjectStoreDecorator {
  readonly #bytes: Pace;
  readonly #calls: Pace;

  /** Raises `ConfigurationError` naming the option that is wrong. */
  constructor(store: ObjectStore, options: ThrottledObjectStoreOptions = {}) {
    checkOptionNames(options, ["bytesPerSecond", "callsPerSecond", "clock"], "a throttle");
    super(store);
    const { bytesPerSecond = Infinity, callsPerSecond = Infinity, clock = new SystemClock() } = options;
    checkRate("bytesPerSecond", bytesPerSecond);
    checkRate("callsPerSecond", callsPerSecond);
    this.#bytes = new Pace(clock, bytesPerSecond);
    this.#calls = new Pace(clock, callsPerSecond);
  }

  override async put(name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions = {}): Promise<ObjectInfo> {
    const sizeBytes = body instanceof Uint8Array ? body.length : body.reduce((sum, { length }) => sum + length, 0);
    await this.#bytes.take(sizeBytes, options.signal);
    return await super.put(name, body, options);
  }

  override async get(name: string, options: GetOptions = {}): Promise<ObjectContent> {
    await this.#bytes.take(0, options.signal);
    const content = await super.get(name, options);
    // How much it is shows only now: whoever comes next waits for it.
    this.#bytes.charge(content.body.length);
    return content;
  }

  protected override async around<T>({ signal }: StoreCall, work: () => Promise<T>): Promise<T> {
    await this.#calls.take(1, signal);
    return await work();
  }

  protected override async *aroundListing<T extends ListedEntry>({ signal }: StoreCall, open: OpenListing<T>): AsyncGenerator<T> {
    await this.#calls.take(1, signal);
    yield* open();
  }
}

function checkRate(path: string, value: number): void {
  if (typeof value === "number" && value > 0) return;
  throw invalidOption(path, value, "must be a number above 0.");
}
