/** What stands in line, and how much it takes of what is waited for. */
export interface InLine {
  readonly cost: number;
}

interface Flow<Item> {
  readonly items: Item[];
  /** How much the flow has had, on a scale that all flows share. */
  served: number;
}

/**
 * A line that is fair to flows, not to those who stand in it: whichever of them has had least goes next, so that a flow with
 * few in line is not held up by one with many (start-time fair queueing, Goyal, Vin and Cheng 1996). Within a flow the order stays.
 */
export class FairLine<Item extends InLine> {
  readonly #flows = new Map<string, Flow<Item>>();
  /** What the flow that was served last had had: a flow that comes later begins there, and has no claim on the past. */
  #served = 0;
  #length = 0;

  /** How many stand in line. */
  get length(): number {
    return this.#length;
  }

  push(flow: string, item: Item): void {
    let found = this.#flows.get(flow);
    if (found === undefined) {
      found = { items: [], served: this.#served };
      this.#flows.set(flow, found);
    }
    found.items.push(item);
    this.#length += 1;
  }

  /** Who is next, without taking it out. */
  peek(): Item | undefined {
    return this.#next()?.items[0];
  }

  shift(): Item | undefined {
    const flow = this.#next();
    const item = flow?.items.shift();
    if (flow === undefined || item === undefined) return undefined;
    this.#served = flow.served;
    flow.served += item.cost;
    this.#length -= 1;
    this.#forgetIdle();
    return item;
  }

  /** Takes out one who gave up. */
  remove(flow: string, item: Item): void {
    const found = this.#flows.get(flow);
    const at = found?.items.indexOf(item) ?? -1;
    if (at === -1) return;
    found?.items.splice(at, 1);
    this.#length -= 1;
    this.#forgetIdle();
  }

  /** Takes out all. */
  clear(): Item[] {
    const items = [...this.#flows.values()].flatMap((flow) => flow.items);
    this.#flows.clear();
    this.#length = 0;
    return items;
  }

  #next(): Flow<Item> | undefined {
    let next: Flow<Item> | undefined;
    for (const flow of this.#flows.values()) if (flow.items.length > 0 && (next === undefined || flow.served < next.served)) next = flow;
    return next;
  }

  /** A flow without anybody in line stays until the others have had as much. */
  #forgetIdle(): void {
    for (const [name, flow] of this.#flows) if (flow.items.length === 0 && flow.served <= this.#served) this.#flows.delete(name);
    if (this.#length === 0) this.#flows.clear();
  }
}
