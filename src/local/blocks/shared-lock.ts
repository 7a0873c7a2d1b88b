/** Many may hold it at a time, or one alone; who waits to be alone lets nobody else in before. */
export class SharedLock {
  #holders: Promise<unknown> = Promise.resolve();
  #lastAlone: Promise<unknown> = Promise.resolve();

  /** Runs `work` beside others that share. */
  async shared<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#lastAlone.then(work);
    this.#holders = Promise.allSettled([this.#holders, result]);
    return await result;
  }

  /** Runs `work` when all before it are done, and before all that come after it. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#holders.then(work);
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    this.#holders = settled;
    this.#lastAlone = settled;
    return await result;
  }
}

/** A lock for each name, there as long as somebody uses it. */
export class SharedLocks {
  readonly #locks = new Map<string, { readonly lock: SharedLock; users: number }>();

  async shared<T>(name: string, work: () => Promise<T>): Promise<T> {
    return await this.#use(name, (lock) => lock.shared(work));
  }

  async alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    return await this.#use(name, (lock) => lock.alone(work));
  }

  /** Runs `work` alone under all the names; always in one order, so that no two wait for each other. */
  async allAlone<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    const ordered = [...new Set(names)].sort();
    const next = async (position: number): Promise<T> => {
      const name = ordered[position];
      return name === undefined ? await work() : await this.alone(name, () => next(position + 1));
    };
    return await next(0);
  }

  async #use<T>(name: string, work: (lock: SharedLock) => Promise<T>): Promise<T> {
    const entry = this.#locks.get(name) ?? { lock: new SharedLock(), users: 0 };
    this.#locks.set(name, entry);
    entry.users += 1;
    try {
      return await work(entry.lock);
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.#locks.delete(name);
    }
  }
}
