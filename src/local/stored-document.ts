/** Lists of a document: of records by the names of fields that are texts and must be there, or of texts. */
type StoredLists = Readonly<Record<string, readonly string[] | "texts">>;

/** The document in a file of a cloud's directory, as far as it takes to open it. The error never repeats what was read: there are keys in some of these files. */
export function parseStored(path: string, text: string, lists: StoredLists, isOptional: (list: string) => boolean = () => false): object {
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch {
    throw damagedFile(path);
  }
  if (!isRecord(stored)) throw damagedFile(path);
  for (const [name, fields] of Object.entries(lists)) {
    const list = stored[name];
    if (list === undefined && isOptional(name)) continue;
    const isSound = (one: unknown): boolean => (fields === "texts" ? typeof one === "string" : isRecord(one) && fields.every((field) => typeof one[field] === "string"));
    if (!Array.isArray(list) || !list.every(isSound)) throw damagedFile(path);
  }
  return stored;
}

/** Raises where a document was written by another version of the local cloud. */
export function assertFormatVersion(path: string, stored: object): void {
  if (!("formatVersion" in stored) || stored.formatVersion !== 1) throw new Error(`LocalCloud: ${path} was not written by this version; give the cloud another directory.`);
}

/** The error for a file of a cloud's directory that is not what a cloud writes. */
export function damagedFile(path: string): Error {
  return new Error(`LocalCloud: ${path} is damaged; restore it, or give the cloud another directory.`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
