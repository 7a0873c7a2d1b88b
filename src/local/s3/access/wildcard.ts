/** Whether `text` matches `pattern`, in which `*` stands for any run of characters and `?` for one. */
export function matchesWildcard(pattern: string, text: string): boolean {
  const source = escapeRegExp(pattern).replaceAll("\\*", ".*").replaceAll("\\?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}

export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
