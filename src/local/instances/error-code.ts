/** The code of a system error: `ENOENT`, `ESRCH`. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
