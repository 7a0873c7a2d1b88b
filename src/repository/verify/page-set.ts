import { mix } from "./pack-inventory.js";

const firstCapacity = 1_024;
/** 64 MiB: the leaves of 2 PiB of volumes. Pages beyond are opened again for each point that has them, which costs time alone. */
const maxPages = 4 * 2 ** 20;

/** Pages that were opened: points share most of theirs, and each is opened once. By the pack's index and the page's offset. */
export class PageSet {
  #count = 0;
  #packs = new Uint32Array(firstCapacity);
  #offsets = new Uint32Array(firstCapacity);

  has(pack: number, offset: number): boolean {
    return this.#packs[this.#slotOf(pack, offset)] !== 0;
  }

  add(pack: number, offset: number): void {
    if (this.#count >= maxPages) return;
    if (this.#count * 2 >= this.#packs.length) this.#grow();
    const slot = this.#slotOf(pack, offset);
    if (this.#packs[slot] !== 0) return;
    this.#packs[slot] = pack + 1;
    this.#offsets[slot] = offset;
    this.#count++;
  }

  #slotOf(pack: number, offset: number): number {
    const mask = this.#packs.length - 1;
    for (let slot = mix(pack, offset) & mask; ; slot = (slot + 1) & mask) {
      if (this.#packs[slot] === 0 || (this.#packs[slot] === pack + 1 && this.#offsets[slot] === offset)) return slot;
    }
  }

  #grow(): void {
    const [packs, offsets] = [this.#packs, this.#offsets];
    this.#packs = new Uint32Array(packs.length * 2);
    this.#offsets = new Uint32Array(packs.length * 2);
    this.#count = 0;
    for (const [slot, pack] of packs.entries()) if (pack > 0) this.add(pack - 1, offsets[slot] ?? 0);
  }
}
