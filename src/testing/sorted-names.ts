/** Names in ascending order (of UTF-16 units, which is that of bytes for the ASCII names of objects), kept so while they come and go. */
export class SortedNames {
  readonly #names: string[] = [];

  /** Adds a name that is not there yet. */
  add(name: string): void {
    this.#names.splice(this.#position(name), 0, name);
  }

  remove(name: string): void {
    const at = this.#position(name);
    if (this.#names[at] === name) this.#names.splice(at, 1);
  }

  /** The names that start with `prefix` after `startAfter`, as they are when each is asked for. */
  *withPrefix(prefix: string, startAfter = ""): Generator<string> {
    let at = startAfter < prefix ? this.#position(prefix) : this.#positionAfter(startAfter);
    for (let name = this.#names[at]; name?.startsWith(prefix) === true; name = this.#names[at]) {
      yield name;
      at = this.#names[at] === name ? at + 1 : this.#positionAfter(name);
    }
  }

  #positionAfter(name: string): number {
    const at = this.#position(name);
    return this.#names[at] === name ? at + 1 : at;
  }

  /** Where `name` is, or would be. */
  #position(name: string): number {
    let low = 0;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#names[middle] ?? "") < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
