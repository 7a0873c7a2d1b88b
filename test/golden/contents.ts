import { blockSizeBytes } from "../../src/ports/index.js";

/** What the golden repositories were made with, and what their points hold: written down here, not read from them. */
export const secrets = {
  passphrase: "correct horse battery staple",
  key: Buffer.from("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "hex"),
} as const;

/** 32 TiB: block indexes beyond 2^25, and offsets beyond 2^44. */
export const volumeSizeBytes = 2 ** 45;

function block(text: string): Buffer {
  return Buffer.alloc(blockSizeBytes, `${text} `);
}

/** By the snapshot that a point was made of: the blocks of its volume. */
export const states: Readonly<Record<string, ReadonlyMap<number, Buffer>>> = {
  "snap-2": new Map([
    [0, block("the first block")],
    [1, block("changed once")],
    [300, block("of another leaf")],
    [70_000, block("of another inner page")],
    [2 ** 26 - 1, block("the last block")],
  ]),
  "snap-3": new Map([
    [0, block("the first block")],
    [1, block("changed twice")],
    [300, block("of another leaf")],
    [2 ** 26 - 1, block("the last block")],
  ]),
};

/** The state before the others, of a point that was removed and collected. */
export const removedState: ReadonlyMap<number, Buffer> = new Map([
  [0, block("the first block")],
  [1, block("not changed yet")],
  [2, block("gone since")],
  [70_000, block("of another inner page")],
]);
