import { cp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { directoryStorage } from "../../src/adapters/directory/directory-storage.js";
import type { ObjectStorage } from "../../src/ports/index.js";
import type { Places, StoragePlace } from "./places.js";

/** Repositories in folders below one. */
export class DirectoryPlaces implements Places {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  at(name: string): StoragePlace {
    return { kind: "directory", path: join(this.#folder, name) };
  }

  storage(place: StoragePlace): ObjectStorage {
    return directoryStorage(pathOf(place));
  }

  async copy(from: StoragePlace, to: StoragePlace): Promise<void> {
    await cp(pathOf(from), pathOf(to), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  }

  async remove(place: StoragePlace): Promise<void> {
    await rm(pathOf(place), { recursive: true, force: true });
  }

  async leftovers(place: StoragePlace): Promise<string[]> {
    return await readdir(join(pathOf(place), ".holdfast", "temporary")).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    });
  }
}

function pathOf(place: StoragePlace): string {
  if (place.kind !== "directory") throw new TypeError("This is no place in a directory.");
  return place.path;
}
