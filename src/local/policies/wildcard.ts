/** Whether `text` matches `pattern`, in which `*` stands for any run of characters and `?` for one. */
export function matchesWildcard(pattern: string, text: string): boolean {
  return wildcard(pattern).test(text);
}

/** The expression of a pattern, in which `*` stands for any run of characters and `?` for one. */
export function wildcard(pattern: string): RegExp {
  const source = escapeRegExp(pattern).replaceAll("\\*", ".*").replaceAll("\\?", ".");
  return new RegExp(`^${source}$`, "s");
}

export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
