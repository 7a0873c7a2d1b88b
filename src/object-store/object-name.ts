import { ConfigurationError } from "../errors/index.js";
import { maxDeletedNames } from "../ports/index.js";

const maxNameBytes = 512;
const namePattern = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;
const prefixPattern = /^[A-Za-z0-9._/-]*$/;

/** Raises `ConfigurationError` (`InvalidObjectName`) where `name` is none that an `ObjectStore` takes. */
export function checkObjectName(name: string): void {
  if (!isObjectName(name)) refuse(name);
}

/** Whether `name` is one that an `ObjectStore` takes. What lies beside under another one, as other programs and consoles make it, is not the engine's, and not listed. */
export function isObjectName(name: string): boolean {
  return name.length <= maxNameBytes && namePattern.test(name) && !hasDotPart(name);
}

/** The same for the names of one call of `deleteMany`, of which there are at most 1,000 (`ConfigurationError`, `TooManyNames`). Before any is removed. */
export function checkDeletedNames(names: readonly string[]): void {
  if (names.length > maxDeletedNames) throw new ConfigurationError(`${names.length} names are too many for one call of deleteMany: give it at most ${maxDeletedNames}.`, { code: "TooManyNames", context: { names: names.length } });
  for (const name of names) checkObjectName(name);
}

/** The same for the start of a name: it may be empty and may end anywhere. */
export function checkObjectPrefix(prefix: string): void {
  if (prefix.length > maxNameBytes || !prefixPattern.test(prefix) || prefix.startsWith("/") || prefix.includes("//") || hasDotPart(prefix)) refuse(prefix);
}

function hasDotPart(name: string): boolean {
  return name.split("/").some((part) => part === "." || part === "..");
}

function refuse(name: string): never {
  throw new ConfigurationError(
    `${JSON.stringify(name.slice(0, 100))} is no object name: it takes parts of letters, digits, ".", "_" and "-" joined by "/", at most ${maxNameBytes} bytes, none of them "." or "..".`,
    { code: "InvalidObjectName", context: { name: name.slice(0, 100) } },
  );
}
