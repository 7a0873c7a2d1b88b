/** The name in the store of a key as a listing gives it (`encoding-type=url`); `undefined` where it does not lie below the prefix. */
export function listedName(key: string | undefined, keyPrefix: string): string | undefined {
  const decoded = key === undefined ? undefined : decodeListed(key);
  return decoded?.startsWith(keyPrefix) === true ? decoded.slice(keyPrefix.length) : undefined;
}

/** Undoes the encoding of keys and markers in a listing; `undefined` where it is none. */
export function decodeListed(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
