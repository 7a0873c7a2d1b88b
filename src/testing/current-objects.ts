/** What happens below a store, by a test's hand. */
export interface Tampering {
  readonly changed: (name: string, bytes: Buffer) => void;
  readonly lost: (name: string) => void;
}

/**
 * The bytes of the objects that are there now, by name. A test may change them as damage or an intruder below the store
 * would, past all locks: `set` replaces the bytes of the current version, `delete` loses a name with all its versions.
 */
export class CurrentObjects extends Map<string, Buffer> {
  readonly #tampering: Tampering;

  constructor(tampering: Tampering) {
    super();
    this.#tampering = tampering;
  }

  override set(name: string, bytes: Buffer): this {
    this.#tampering.changed(name, bytes);
    return super.set(name, bytes);
  }

  override delete(name: string): boolean {
    this.#tampering.lost(name);
    return super.delete(name);
  }

  override clear(): void {
    for (const name of this.keys()) this.#tampering.lost(name);
    super.clear();
  }

  /** Shows what the store itself did: `undefined` where a name stands for nothing now. */
  show(name: string, bytes: Buffer | undefined): void {
    if (bytes === undefined) super.delete(name);
    else super.set(name, bytes);
  }
}
