/** LVM's metadata as it is written in text: sections in braces, and values. */
export type MetadataValue = string | number | readonly MetadataValue[] | MetadataSection;
/** Names with what they stand for. */
export interface MetadataSection {
  readonly [name: string]: MetadataValue;
}

/** Deeper than LVM ever nests. */
const maxDepth = 16;
/** A quoted text ends after 65,536 characters, far above what anybody writes: the pattern takes memory for each of them. */
const token = /\s+|#[^\n]*|"(?<text>(?:[^"\\]|\\.){0,65536})"|(?<number>-?\d+(?:\.\d+)?)(?![\w.+-])|(?<name>[\w.+-]+)|(?<sign>[{}[\]=,])/gy;

/** Reads the text; `undefined` where it is none. */
export function parseMetadata(text: string): MetadataSection | undefined {
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  try {
    const parser = new Parser(tokens);
    return parser.section(0, false);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

type Token = { readonly kind: "value"; readonly value: string | number } | { readonly kind: "name" | "sign"; readonly text: string };

function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of text.matchAll(token)) {
    end = match.index + match[0].length;
    const { text: quoted, number, name, sign } = match.groups ?? {};
    if (quoted !== undefined) tokens.push({ kind: "value", value: quoted.replace(/\\(.)/gs, "$1") });
    else if (number !== undefined) tokens.push({ kind: "value", value: Number(number) });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
  }
  return end === text.length ? tokens : undefined;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  section(depth: number, isInBraces: boolean): MetadataSection {
    if (depth > maxDepth) throw new SyntaxError("nested too deep");
    const entries = new Map<string, MetadataValue>();
    while (this.#at < this.#tokens.length) {
      if (isInBraces && this.#accept("}")) return Object.fromEntries(entries);
      const name = this.#name();
      if (this.#accept("{")) entries.set(name, this.section(depth + 1, true));
      else if (this.#accept("=")) entries.set(name, this.#value());
      else throw new SyntaxError("a name without a value");
    }
    if (isInBraces) throw new SyntaxError("a section without an end");
    return Object.fromEntries(entries);
  }

  #value(): MetadataValue {
    if (!this.#accept("[")) return this.#scalar();
    const values: MetadataValue[] = [];
    while (!this.#accept("]")) {
      values.push(this.#scalar());
      this.#accept(",");
    }
    return values;
  }

  #scalar(): string | number {
    const next = this.#tokens[this.#at++];
    if (next?.kind !== "value") throw new SyntaxError("no value");
    return next.value;
  }

  /** A name may look like a number. */
  #name(): string {
    const next = this.#tokens[this.#at++];
    if (next?.kind === "name") return next.text;
    if (next?.kind === "value" && typeof next.value === "number") return String(next.value);
    throw new SyntaxError("no name");
  }

  #accept(sign: string): boolean {
    const next = this.#tokens[this.#at];
    if (next?.kind !== "sign" || next.text !== sign) return false;
    this.#at++;
    return true;
  }
}
