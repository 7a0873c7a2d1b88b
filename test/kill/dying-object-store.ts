import { setImmediate } from "node:timers/promises";
import type { GetOptions, ObjectContent, ObjectInfo, ObjectStore, PutOptions } from "../../src/ports/index.js";
import { die, tellLastWords, type Boundaries, type LastWords } from "./boundaries.js";

/** Turns of the event loop after which a request is on its way, in part or whole. */
const turnsUnderWay = 3;

/**
 * An object store that kills its process by SIGKILL at the `killAt`-th boundary: before each change that is asked of it, with
 * the request under way, and with its answer lost.
 */
export class DyingObjectStore implements ObjectStore, Boundaries {
  readonly location: string;
  readonly #store: ObjectStore;
  readonly #killAt: number;
  #passed = 0;
  #isCommitted: LastWords["isCommitted"] = false;

  constructor(store: ObjectStore, killAt: number) {
    this.location = store.location;
    this.#store = store;
    this.#killAt = killAt;
  }

  get passed(): number {
    return this.#passed;
  }

  async put(name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions = {}): Promise<ObjectInfo> {
    return await this.#change(`put ${placeOf(name)}`, name.startsWith("groups/"), async () => await this.#store.put(name, body, options));
  }

  async delete(name: string, options: Parameters<ObjectStore["delete"]>[1] = {}): Promise<void> {
    await this.#change(`delete ${placeOf(name)}`, false, async () => {
      await this.#store.delete(name, options);
    });
  }

  async get(name: string, options?: GetOptions): Promise<ObjectContent> {
    return await this.#store.get(name, options);
  }

  async head(...values: Parameters<ObjectStore["head"]>): Promise<ObjectInfo | undefined> {
    return await this.#store.head(...values);
  }

  list(...values: Parameters<ObjectStore["list"]>): AsyncIterable<ObjectInfo> {
    return this.#store.list(...values);
  }

  async #change<T>(label: string, commits: boolean, work: () => Promise<T>): Promise<T> {
    if (this.#isHere(`before ${label}`)) die();
    const isLast = ++this.#passed === this.#killAt;
    const result = work();
    if (isLast) {
      // what becomes of it nobody learns: this process is dead by then
      result.catch(() => undefined);
      for (let turn = 0; turn < turnsUnderWay; turn++) await setImmediate();
      tellLastWords({ boundary: this.#killAt, label: `during ${label}`, isCommitted: commits ? "perhaps" : this.#isCommitted });
      die();
    }
    const answer = await result;
    if (commits) this.#isCommitted = true;
    if (this.#isHere(`after ${label}`)) die();
    return answer;
  }

  #isHere(label: string): boolean {
    return ++this.#passed === this.#killAt && tellLastWords({ boundary: this.#killAt, label, isCommitted: this.#isCommitted });
  }
}

/** Object names are random: the part that says what kind of object it is. */
function placeOf(name: string): string {
  return name.split("/", 1).join();
}
