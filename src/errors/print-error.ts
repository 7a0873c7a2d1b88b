/** What of an error is printed. */
export interface PrintedError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly cause?: unknown;
  readonly stack?: string;
}

/** How an error prints: what happened and what to do, its facts, what else it has to say, its cause in a line, and where it was raised. */
export function printError(error: PrintedError, more: readonly string[] = []): string {
  const { name, code, message, retryable, context, cause, stack = "" } = error;
  const facts = Object.entries(context).flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${typeof value === "object" ? value.join(" ") : String(value)}`]));
  return [
    `${name} ${code}: ${message}`,
    ...[...(retryable ? ["may succeed when it is tried again"] : []), ...(facts.length === 0 ? [] : [facts.join(", ")]), ...more, ...(cause instanceof Error ? [`caused by ${cause.name}: ${cause.message.split("\n")[0] ?? ""}`] : [])].map((line) => `  ${line}`),
    ...stack.split("\n").filter((line) => line.startsWith("    at ")),
  ].join("\n");
}
