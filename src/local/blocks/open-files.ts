import { closeSync, openSync } from "node:fs";

interface OpenFile {
  readonly fd: number;
  users: number;
}

/** Files kept open by path, no more than a bound of them, the longest unused closed first. */
export class OpenFiles {
  readonly #maxOpen: number;
  readonly #files = new Map<string, OpenFile>();

  constructor(maxOpen: number) {
    this.#maxOpen = maxOpen;
  }

  /** Runs `use` on the file at `path`, opened for reading and writing; made first where `create` says so. */
  with<T>(path: string, create: boolean, use: (fd: number) => T): T {
    const file = this.#open(path, create);
    return use(file.fd);
  }

  /** As {@link with}, the file staying open until the promise of `use` is settled. */
  async withAsync<T>(path: string, create: boolean, use: (fd: number) => Promise<T>): Promise<T> {
    const file = this.#open(path, create);
    file.users += 1;
    try {
      return await use(file.fd);
    } finally {
      file.users -= 1;
      if (file.users === 0 && this.#files.get(path) !== file) closeSync(file.fd);
    }
  }

  /** Closes every file under a folder; those in use are closed after their use. */
  forget(folder: string): void {
    for (const [path, file] of this.#files) {
      if (path.startsWith(`${folder}/`)) this.#close(path, file);
    }
  }

  close(): void {
    for (const [path, file] of this.#files) this.#close(path, file);
  }

  #open(path: string, create: boolean): OpenFile {
    const open = this.#files.get(path);
    if (open !== undefined) {
      this.#files.delete(path);
      this.#files.set(path, open);
      return open;
    }
    const file = { fd: openReadWrite(path, create), users: 0 };
    this.#files.set(path, file);
    this.#evict();
    return file;
  }

  #evict(): void {
    if (this.#files.size <= this.#maxOpen) return;
    for (const [path, file] of this.#files) {
      if (file.users > 0) continue;
      this.#close(path, file);
      return;
    }
  }

  #close(path: string, file: OpenFile): void {
    this.#files.delete(path);
    if (file.users === 0) closeSync(file.fd);
  }
}

function openReadWrite(path: string, create: boolean): number {
  try {
    return openSync(path, "r+");
  } catch (error) {
    if (!create || (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return openSync(path, "w+");
  }
}
