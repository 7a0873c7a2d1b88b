/** One step: what it does, or what it lets go of where an earlier one failed. */
export interface Step {
  readonly run: () => Promise<void>;
  readonly skip?: ((error: unknown) => void) | undefined;
}

/** Steps that are done one after another, in the order in which they were said, while more are being prepared. The first failure ends them all. */
export class OrderedSteps {
  #tail: Promise<void> = Promise.resolve();
  #pending = 0;
  #failure: { readonly error: unknown } | undefined;
  readonly #waiting: (() => void)[] = [];

  /** Steps that are not done yet. */
  get pending(): number {
    return this.#pending;
  }

  push(step: Step): void {
    this.#pending++;
    this.#tail = this.#tail.then(async () => {
      try {
        if (this.#failure === undefined) await step.run();
        else step.skip?.(this.#failure.error);
      } catch (error) {
        this.#failure = { error };
        step.skip?.(error);
      } finally {
        this.#pending--;
        for (const wake of this.#waiting.splice(0)) wake();
      }
    });
  }

  /** Resolves when at most `most` steps are left; raises the first failure. */
  async untilLeft(most: number): Promise<void> {
    while (this.#pending > most && this.#failure === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.throwIfFailed();
  }

  /** Resolves when nothing is left; never rejects. */
  async settle(): Promise<void> {
    await this.#tail;
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
