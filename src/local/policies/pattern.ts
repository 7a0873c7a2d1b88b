import type { ReadKey } from "./policy-request.js";
import { literally, matches, placesOf, wildcard, type Place } from "../wildcard.js";

/** What a text must look like, where that may depend on the request. */
export type Pattern = (text: string, read: ReadKey) => boolean;

// No brace within: else every `${` would be followed to the end of the text.
const VARIABLE = /\$\{([^{}]+)\}/g;
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html: characters that stand for themselves. */
const LITERALS = ["*", "?", "$"];

/** A pattern with wildcards and policy variables; without variables it is read once. */
export function compilePattern(pattern: string): Pattern {
  if (pattern === "*") return () => true;
  if (!pattern.includes("${")) {
    return /[*?]/.test(pattern) ? wildcard(pattern) : (text) => text === pattern;
  }
  return (text, read) => {
    const places = filledPlaces(pattern, read);
    return places !== undefined && matches(places, text);
  };
}

/** A value of a condition with its variables filled in; undefined where one has no value, so that nothing equals it. */
export function fillVariables(value: string, read: ReadKey): string | undefined {
  if (!value.includes("${")) return value;
  const isComplete = [...value.matchAll(VARIABLE)].every((match) => valueOf(match[1] ?? "", read) !== undefined);
  return isComplete ? value.replaceAll(VARIABLE, (_whole, name: string) => valueOf(name, read) ?? "") : undefined;
}

/** The pattern with its variables filled in: what comes of them stands for itself. */
function filledPlaces(pattern: string, read: ReadKey): Place[] | undefined {
  const places: Place[] = [];
  let end = 0;
  for (const match of pattern.matchAll(VARIABLE)) {
    const found = valueOf(match[1] ?? "", read);
    if (found === undefined) return undefined;
    places.push(...placesOf(pattern.slice(end, match.index)), ...literally(found));
    end = match.index + match[0].length;
  }
  return [...places, ...placesOf(pattern.slice(end))];
}

function valueOf(name: string, read: ReadKey): string | undefined {
  if (LITERALS.includes(name)) return name;
  const [key = "", fallback] = name.split(",").map((part) => part.trim());
  return read(key.toLowerCase())?.[0] ?? fallback?.replace(/^'(.*)'$/, "$1");
}
