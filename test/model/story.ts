/** A failure as a test shows it: what went wrong last, after all that led to it; and the seed that repeats it. */
export function story(failure: { readonly trace: readonly string[]; readonly seed?: number } | undefined): string {
  if (failure === undefined) return "all is well";
  return [...(failure.seed === undefined ? [] : [`seed ${String(failure.seed)}`]), ...failure.trace].join("\n");
}
