/** What of files could not be given back on this machine, and why. JSON. */
export interface SavedWithout {
  readonly what: "owner" | "mode" | "extended attribute" | "access list";
  readonly reason: string;
  /** How many files, folders and links. */
  readonly files: number;
  /** Some of them. */
  readonly examples: readonly string[];
}

const maxExamples = 10;

/** Counts what was not given back, by what it is and why: of a million files a few lines. */
export class SavedWithoutTally {
  readonly #kinds = new Map<string, { readonly what: SavedWithout["what"]; readonly reason: string; files: number; last: string; readonly examples: string[] }>();

  /** Notes it of a file, once for the same reason. */
  note(what: SavedWithout["what"], path: string, reason: string): void {
    const key = `${what}\0${reason}`;
    const kind = this.#kinds.get(key) ?? { what, reason, files: 0, last: "", examples: [] };
    this.#kinds.set(key, kind);
    if (kind.files > 0 && kind.last === path) return;
    kind.files++;
    kind.last = path;
    if (kind.examples.length < maxExamples) kind.examples.push(path);
  }

  /** What was noted. */
  get all(): readonly SavedWithout[] {
    return [...this.#kinds.values()].map(({ what, reason, files, examples }) => ({ what, reason, files, examples }));
  }
}
