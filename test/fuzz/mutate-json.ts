import type { Material } from "./mutate.js";

/** Values at which readers of documents go wrong. */
const oddValues: readonly string[] = [
  "null", "true", "false", "0", "-1", "1.5", "1e308", "-0", "9007199254740993", "4294967296", "2147483648", '""', '" "', '"0"', '"\\u0000"', '"a\\nb"', '"../../etc/passwd"', '"<script>"', '"\\ud800"', "[]", "{}", "[null]", "[[]]",
  '{"__proto__":{"a":1}}', '{"constructor":{"prototype":{"a":1}}}', '{"length":-1}', '{"toString":1}', '"__proto__"', '"constructor"', '"2026-11-24T02:00:00.000Z"', '"+275760-09-13T00:00:00.001Z"', `"${"a".repeat(2_000)}"`, `${"[".repeat(100)}${"]".repeat(100)}`,
];
const oddNames: readonly string[] = ["__proto__", "constructor", "toString", "hasOwnProperty", "length", "then", "", " ", "0", "$ref"];

interface Place {
  readonly holder: Record<string, unknown>;
  readonly name: string;
}

/** A copy of a JSON document with some changes after which it still is one, so that it comes further than to the first word that is none. `undefined` where the original is no document. */
export function mutatedJson(original: Buffer, { random, pool }: Pick<Material, "random" | "pool">): Buffer | undefined {
  const below = (limit: number): number => Math.floor(random.fraction() * Math.max(1, limit));
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[below(items.length)];
  const document = documentOf(original);
  if (document === undefined) return undefined;
  for (let changes = 1 + below(random.fraction() < 0.7 ? 2 : 6); changes > 0; changes--) {
    const place = pick(placesIn(document));
    if (place === undefined) break;
    const { holder, name } = place;
    const value = holder[name];
    switch (below(9)) {
      case 0:
      case 1:
        put(holder, name, JSON.parse(pick(oddValues) ?? "null"));
        break;
      case 2:
        if (Array.isArray(holder)) holder.splice(Number(name), 1);
        else Reflect.deleteProperty(holder, name);
        break;
      case 3: {
        const other = pick(placesIn(document));
        if (other !== undefined) put(holder, name, structuredClone(other.holder[other.name]));
        break;
      }
      case 4: {
        const other = pick(placesIn(documentOf(pick(pool) ?? original) ?? {}));
        if (other !== undefined) put(holder, name, other.holder[other.name]);
        break;
      }
      case 5:
        if (!Array.isArray(holder)) put(holder, pick(oddNames) ?? "", value ?? 1);
        break;
      case 6:
        if (Array.isArray(value)) value.push(...Array.from({ length: 1 + below(random.fraction() < 0.1 ? 2_000 : 3) }, () => structuredClone(pick(value as unknown[]))));
        else put(holder, name, [value]);
        break;
      case 7:
        if (typeof value === "number") put(holder, name, pick([value + 1, value - 1, -value, value * 2 ** 32, value / 2, 2 ** 32 - 1]));
        else if (typeof value === "string") put(holder, name, changedText(value, below));
        break;
      default:
        if (typeof value === "string") put(holder, name, Number(value));
        else put(holder, name, (JSON.stringify(value) as string | undefined ?? "").slice(0, 200));
    }
  }
  return Buffer.from((JSON.stringify(document["document"]) as string | undefined) ?? "null");
}

/** The document below one name of its own, so that it can be changed as a whole. */
function documentOf(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    return { document: JSON.parse(bytes.toString("utf8")) as unknown };
  } catch {
    return undefined;
  }
}

const maxPlaces = 2_000;

function placesIn(document: Record<string, unknown>): Place[] {
  const places: Place[] = [];
  const waiting = [document];
  for (let holder = waiting.pop(); holder !== undefined && places.length < maxPlaces; holder = waiting.pop()) {
    for (const name of Object.keys(holder)) {
      places.push({ holder, name });
      const value = Object.getOwnPropertyDescriptor(holder, name)?.value as unknown;
      if (typeof value === "object" && value !== null) waiting.push(value as Record<string, unknown>);
    }
  }
  return places;
}

/** As an own property, whatever its name. */
function put(holder: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
}

function changedText(text: string, below: (limit: number) => number): string {
  const at = below(text.length + 1);
  const characters = ["", "\u0000", "/", "..", " ", "\n", "é", "\u{1f600}", "0", "-", ":", text];
  return text.slice(0, at) + (characters[below(characters.length)] ?? "") + text.slice(at + below(3));
}
