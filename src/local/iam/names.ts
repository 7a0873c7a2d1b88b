import { validationError } from "./iam-error.js";

const NAME = /^[\w+=,.@-]+$/;
const PATH = /^(\/|\/[\u0021-\u007e]+\/)$/;

/** Checks the name of a role, a profile or a policy. */
export function checkName(member: string, name: string, maxLength: number): void {
  if (NAME.test(name) && name.length <= maxLength) return;
  throw validationError(
    `1 validation error detected: Value '${name}' at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+ and have length less than or equal to ${maxLength}`,
  );
}

/** Checks a path, and gives the usual one for none. */
export function checkPath(path: string | undefined): string {
  if (path === undefined) return "/";
  if (PATH.test(path)) return path;
  throw validationError("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.");
}
