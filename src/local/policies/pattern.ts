import type { ReadKey } from "./policy-request.js";
import { escapeRegExp, wildcard } from "./wildcard.js";

/** What a text must look like, where that may depend on the request. */
export type Pattern = (text: string, read: ReadKey) => boolean;

const VARIABLE = /\$\{([^}]+)\}/g;
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html: characters that stand for themselves. */
const LITERALS = ["*", "?", "$"];

/** A pattern with wildcards and policy variables; without variables its expression is made once. */
export function compilePattern(pattern: string): Pattern {
  if (pattern === "*") return () => true;
  if (!pattern.includes("${")) {
    if (!/[*?]/.test(pattern)) return (text) => text === pattern;
    const expression = wildcard(pattern);
    return (text) => expression.test(text);
  }
  return (text, read) => expressionOf(pattern, read)?.test(text) ?? false;
}

/** A value of a condition with its variables filled in; undefined where one has no value, so that nothing equals it. */
export function fillVariables(value: string, read: ReadKey): string | undefined {
  if (!value.includes("${")) return value;
  const isComplete = [...value.matchAll(VARIABLE)].every((match) => valueOf(match[1] ?? "", read) !== undefined);
  return isComplete ? value.replaceAll(VARIABLE, (_whole, name: string) => valueOf(name, read) ?? "") : undefined;
}

function expressionOf(pattern: string, read: ReadKey): RegExp | undefined {
  let source = "";
  let end = 0;
  for (const match of pattern.matchAll(VARIABLE)) {
    const found = valueOf(match[1] ?? "", read);
    if (found === undefined) return undefined;
    source += sourceOf(pattern.slice(end, match.index)) + escapeRegExp(found);
    end = match.index + match[0].length;
  }
  return new RegExp(`^${source}${sourceOf(pattern.slice(end))}$`, "s");
}

function sourceOf(part: string): string {
  return wildcard(part).source.slice(1, -1);
}

function valueOf(name: string, read: ReadKey): string | undefined {
  if (LITERALS.includes(name)) return name;
  const [key = "", fallback] = name.split(",").map((part) => part.trim());
  return read(key.toLowerCase())?.[0] ?? fallback?.replace(/^'(.*)'$/, "$1");
}
