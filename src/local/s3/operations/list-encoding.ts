import { invalidArgument } from "../s3-error.js";

const MAX_PAGE_ENTRIES = 1000;

/** How names stand in a listing: as they are, or percent-encoded for `encoding-type=url` (XML can't hold every character). */
export function nameEncoder(encodingType: string | undefined): (name: string) => string {
  if (encodingType === undefined) return (name) => name;
  if (encodingType !== "url") throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", encodingType);
  return (name) => name.split("/").map(encodePart).join("/");
}

export function pageSize(maxKeys: number | undefined): number {
  if (maxKeys === undefined) return MAX_PAGE_ENTRIES;
  if (!Number.isInteger(maxKeys) || maxKeys < 0) {
    throw invalidArgument("Argument maxKeys must be an integer between 0 and 2147483647", "max-keys", maxKeys);
  }
  return Math.min(maxKeys, MAX_PAGE_ENTRIES);
}

function encodePart(part: string): string {
  return encodeURIComponent(part).replace(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
