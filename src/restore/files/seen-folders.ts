/** Bits of one piece of the map. */
const pieceBits = 2 ** 16;

/**
 * Which folders were met, by the numbers of their inodes. A folder has one place in its file system: one that is met again was linked by somebody who wants a walk to go in a circle, or by
 * more ways than it could ever end. As bits: fifty million folders take some MiB. What is no number (the kernel's own folders, which it does not let anybody link) is not looked at.
 */
export class SeenFolders {
  readonly #pieces = new Map<number, Uint8Array>();

  /** Notes a folder; `false` where it was met before. */
  add(inode: string | undefined): boolean {
    if (inode === undefined || !/^\d{1,10}$/.test(inode)) return true;
    const number = Number(inode);
    const key = Math.floor(number / pieceBits);
    let piece = this.#pieces.get(key);
    if (piece === undefined) this.#pieces.set(key, (piece = new Uint8Array(pieceBits / 8)));
    const [at, bit] = [(number % pieceBits) >> 3, 1 << (number & 7)];
    const isNew = ((piece[at] ?? 0) & bit) === 0;
    piece[at] = (piece[at] ?? 0) | bit;
    return isNew;
  }
}
