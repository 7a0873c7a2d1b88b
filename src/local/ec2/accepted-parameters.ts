import { ec2Error } from "./ec2-error.js";

/**
 * Refuses parameters that this cloud knows nothing to do with.
 *
 * To overlook one would answer a request other than the one that was made.
 */
export function acceptOnly<Input extends object>(input: Input, names: readonly (keyof Input & string)[], where = ""): void {
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined || name === "DryRun" || (names as readonly string[]).includes(name) || isEmpty(value)) continue;
    throw ec2Error("UnsupportedOperation", `The local cloud does not support the parameter ${where}${name}.`);
  }
}

/** What asks for nothing: an empty list, or that something be left off. */
function isEmpty(value: unknown): boolean {
  return value === false || (Array.isArray(value) && value.length === 0);
}
