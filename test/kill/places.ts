import type { ObjectStorage } from "../../src/ports/index.js";

/** Where a repository lies, for a process of its own. JSON. */
export type StoragePlace =
  | { readonly kind: "directory"; readonly path: string }
  | { readonly kind: "s3"; readonly connection: { readonly region: string; readonly endpoint: string; readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } }; readonly bucket: string; readonly prefix: string };

/** Where the repositories of one test lie. */
export interface Places {
  /** A place of this name, with nothing there yet. */
  at(name: string): StoragePlace;
  storage(place: StoragePlace): ObjectStorage;
  copy(from: StoragePlace, to: StoragePlace): Promise<void>;
  remove(place: StoragePlace): Promise<void>;
  /** What a dead process left that is no object: by the time its repository was opened again there must be nothing. */
  leftovers(place: StoragePlace): Promise<string[]>;
}
