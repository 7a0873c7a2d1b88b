/** A stretch of the volume: how many of its ranges are under way, and where it ends once all of them have begun. */
interface Stretch {
  open: number;
  end?: number;
}

/**
 * Below which block everything is written, told stretch by stretch, though the ranges of one come to their ends in any order and
 * those of the next have begun before.
 */
export class WrittenBelow {
  readonly #tell: (index: number) => void;
  readonly #stretches: Stretch[] = [];
  #current: Stretch = { open: 0 };

  constructor(tell: (index: number) => void) {
    this.#tell = tell;
    this.#stretches.push(this.#current);
  }

  /** A range of the current stretch begins; the answer is called when all of it is written, and never if it is not. */
  begin(): () => void {
    const stretch = this.#current;
    stretch.open++;
    return () => {
      stretch.open--;
      this.#look();
    };
  }

  /** All ranges of the current stretch have begun: it ends before block `index`. */
  end(index: number): void {
    this.#current.end = index;
    this.#current = { open: 0 };
    this.#stretches.push(this.#current);
    this.#look();
  }

  #look(): void {
    let below: number | undefined;
    for (let first = this.#stretches[0]; first?.end !== undefined && first.open === 0; first = this.#stretches[0]) {
      below = first.end;
      this.#stretches.shift();
    }
    if (below !== undefined) this.#tell(below);
  }
}
