import { inspect } from "node:util";

/** The same plain value, which prints by `print` in a REPL and by `console.log`; as JSON, and to whoever compares it, it is what it was. */
export function printable<Value extends object>(value: Value, print: (value: Value) => string): Value {
  return Object.defineProperty({ ...value }, inspect.custom, { value: () => print(value), enumerable: false });
}

/** Lines below a headline, so many of them; the rest is counted. */
const maxLines = 20;

/** A headline with what belongs to it below, each on a line of its own; of a long list its beginning, and how many more there are. */
export function printLines(headline: string, lines: readonly string[]): string {
  const left = lines.length - maxLines;
  return [headline, ...lines.slice(0, left > 1 ? maxLines : lines.length).map((line) => `  ${line}`), ...(left > 1 ? [`  and ${String(left)} more`] : [])].join("\n");
}
