/** The mistake in an option. */
export function wrong(path: string, value: unknown, remedy: string): TypeError {
  const shown = value === undefined ? "not known" : JSON.stringify(value);
  return new TypeError(`LocalCloud: ${path} is ${shown}; it must be ${remedy}.`);
}
