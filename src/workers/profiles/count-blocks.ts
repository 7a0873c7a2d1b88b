import { HoldfastError } from "../../errors/index.js";
import { blockSizeBytes, type BlockReader, type CallOptions } from "../../ports/index.js";

/** What is counted, and up to where it matters. */
export interface CountQuestion extends CallOptions {
  /** The snapshot from which the changes are told; everything is read where there is none, or they cannot be told. */
  readonly base: string | undefined;
  /** From here on it makes no difference how many more there are: the counting ends. */
  readonly enoughBytes: number;
}

/** How many bytes a backup of this snapshot will read: the blocks that changed since `base`, or all that hold data. */
export async function bytesToRead(reader: BlockReader, { base, enoughBytes, signal }: CountQuestion): Promise<number> {
  const enough = Math.ceil(enoughBytes / blockSizeBytes);
  if (base !== undefined && reader.changesSince !== undefined) {
    try {
      let changed = 0;
      for await (const { reference } of reader.changesSince(base, { signal })) if (reference !== undefined && ++changed >= enough) break;
      return changed * blockSizeBytes;
    } catch (error) {
      // as the backup itself will do: what cannot be told apart is read
      if (!(HoldfastError.isInstance(error) && (error.code === "UnrelatedSnapshots" || error.name === "NotFoundError"))) throw error;
    }
  }
  let present = 0;
  for await (const reference of reader.blocks({ signal })) if (reference.index >= 0 && ++present >= enough) break;
  return present * blockSizeBytes;
}
