import type { GetOptions, ObjectContent, ObjectInfo, ObjectStore, PutOptions } from "../../src/ports/index.js";
import type { MemoryObjectStore } from "../../src/testing/memory-object-store.js";
import type { Process, Scheduler } from "./scheduler.js";

const reply = new Error("the reply was lost");

/** Names per page: few, so that what happens between two pages of a listing happens. */
const namesPerPage = 3;

/**
 * One process's way to the store that all share: each operation happens when the scheduler says so. Where a reply is lost the
 * operation is repeated, as the S3 adapter does, and meets what it has done before.
 */
export class SimulatedStore implements ObjectStore {
  readonly location = "simulation";
  readonly #shared: MemoryObjectStore;
  readonly #scheduler: Scheduler;
  readonly #process: Process;

  constructor(shared: MemoryObjectStore, scheduler: Scheduler, process: Process) {
    this.#shared = shared;
    this.#scheduler = scheduler;
    this.#process = process;
  }

  async put(name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions = {}): Promise<ObjectInfo> {
    // a process that crashes later cannot change what is on its way
    const bytes = body instanceof Uint8Array ? Buffer.from(body) : Buffer.concat(body);
    return await this.#do(`put ${name}${options.condition === undefined ? "" : options.condition === "absent" ? " if absent" : " if unchanged"}`, async () => await this.#shared.put(name, bytes, withoutSignal(options)), options.signal);
  }

  async get(name: string, options: GetOptions = {}): Promise<ObjectContent> {
    return await this.#do(`get ${name}`, async () => await this.#shared.get(name, withoutSignal(options)), options.signal);
  }

  async head(name: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<ObjectInfo | undefined> {
    return await this.#do(`head ${name}`, async () => await this.#shared.head(name), options.signal);
  }

  async *list(prefix: string, options: { readonly startAfter?: string | undefined; readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<ObjectInfo> {
    for (let startAfter = options.startAfter; ; ) {
      const page = await this.#do(`list ${prefix}`, async () => await this.#page(prefix, startAfter), options.signal);
      yield* page;
      if (page.length < namesPerPage) return;
      startAfter = page.at(-1)?.name;
    }
  }

  async delete(name: string, options: { readonly etag?: string | undefined; readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#do(`delete ${name}${options.etag === undefined ? "" : " if unchanged"}`, async () => { await this.#shared.delete(name, withoutSignal(options)); }, options.signal);
  }

  async #page(prefix: string, startAfter: string | undefined): Promise<ObjectInfo[]> {
    const page: ObjectInfo[] = [];
    for await (const info of this.#shared.list(prefix, { startAfter })) {
      page.push(info);
      if (page.length === namesPerPage) break;
    }
    return page;
  }

  async #do<Result>(label: string, operation: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    for (;;) {
      signal?.throwIfAborted();
      try {
        return await this.#once(label, operation);
      } catch (error) {
        if (error !== reply) throw error;
      }
    }
  }

  async #once<Result>(label: string, operation: () => Promise<Result>): Promise<Result> {
    return await new Promise((resolve, reject) => {
      this.#scheduler.add({
        process: this.#process,
        kind: "operation",
        label,
        happen: (outcome) => {
          const done = operation();
          if (this.#process.hasCrashed) done.catch(() => undefined);
          else if (outcome === "reply lost") done.catch(() => undefined).then(() => { reject(reply); }, reject);
          else done.then(resolve, reject);
        },
      });
    });
  }
}

function withoutSignal<Options extends { readonly signal?: AbortSignal | undefined }>({ signal: _signal, ...options }: Options): Omit<Options, "signal"> {
  return options;
}
