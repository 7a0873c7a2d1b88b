/** An object as stored; the version changes with every write and is what compare-and-swap compares. */
export interface Stored<T> {
  readonly version: number;
  readonly value: T;
}

/**
 * The objects of one prefix. Every function below is one atomic operation of the store. Names are kept sorted, so that two worlds that hold
 * the same are equal as JSON.
 */
export type Shelf<T> = Record<string, Stored<T>>;

/** The names that begin with a prefix. */
export function list<T>(shelf: Shelf<T>, prefix = ""): string[] {
  return Object.keys(shelf).filter((name) => name.startsWith(prefix));
}

/** The object of a name. */
export function read<T>(shelf: Shelf<T>, name: string): Stored<T> | undefined {
  return shelf[name];
}

/** A conditional create. */
export function putIfAbsent<T>(shelf: Shelf<T>, name: string, value: T): boolean {
  if (shelf[name] !== undefined) return false;
  insertSorted(shelf, name, { version: 1, value });
  return true;
}

/** A conditional overwrite of the version that was read. */
export function compareAndSwap<T>(shelf: Shelf<T>, name: string, version: number, value: T): boolean {
  if (shelf[name]?.version !== version) return false;
  shelf[name] = { version: version + 1, value };
  return true;
}

/** A delete without condition. */
export function remove<T>(shelf: Shelf<T>, name: string): void {
  Reflect.deleteProperty(shelf, name);
}

/** A conditional delete of the version that was read. */
export function compareAndRemove<T>(shelf: Shelf<T>, name: string, version: number): boolean {
  if (shelf[name]?.version !== version) return false;
  remove(shelf, name);
  return true;
}

function insertSorted<T>(shelf: Shelf<T>, name: string, stored: Stored<T>): void {
  const later = Object.entries(shelf).filter(([other]) => other > name);
  for (const [other] of later) remove(shelf, other);
  shelf[name] = stored;
  for (const [other, value] of later) shelf[other] = value;
}
