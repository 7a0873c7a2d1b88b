/** A map that forgets what was not used for longest once it holds more than `capacity`. */
export class LeastRecentlyUsed<Key, Value> {
  readonly #capacity: number;
  readonly #values = new Map<Key, Value>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: Key): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size <= this.#capacity) return;
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest);
      break;
    }
  }

  delete(key: Key): void {
    this.#values.delete(key);
  }

  /** The value, loaded once: callers at the same time share one load; a failed load is forgotten. */
  static async load<Key, Value>(cache: LeastRecentlyUsed<Key, Promise<Value>>, key: Key, load: () => Promise<Value>): Promise<Value> {
    const cached = cache.get(key);
    if (cached !== undefined) return await cached;
    const loading = load();
    cache.set(key, loading);
    try {
      return await loading;
    } catch (error) {
      cache.delete(key);
      throw error;
    }
  }
}
