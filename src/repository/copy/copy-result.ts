/** What became of a volume's blocks in a copy. JSON. */
export interface CopiedBlocks {
  /** Blocks that the copy had to look at: all that the point holds, or those that changed since the last copy. */
  readonly read: number;
  /** Of those, all zeros: kept as such, and nothing stored. */
  readonly zero: number;
  /** Of those, in the target already. */
  readonly known: number;
  /** Of those, stored anew. */
  readonly stored: number;
  /** Blocks that are no more since the last copy. */
  readonly removed: number;
}

/** What a copy moved. JSON. */
export interface CopiedAmount {
  readonly blocks: CopiedBlocks;
  /** Bytes that ranged reads of the source's packs brought: compressed, with the small gaps that are read over. */
  readonly bytesRead: number;
  /** Bytes of new blocks as the target stores them: compressed and sealed. */
  readonly bytesStored: number;
  /** Ranged reads of the source's packs, and objects written to the target: what is paid for by the request. */
  readonly requests: { readonly reads: number; readonly writes: number };
}

/** How one volume was copied. JSON. */
export interface CopiedVolume extends CopiedAmount {
  readonly volumeId: string;
  readonly sizeBytes: number;
  /** `incremental`: only what differs from the last copy was read. */
  readonly method: "full" | "incremental";
  /** Why everything was read. */
  readonly fullReason?: string | undefined;
}

/** What became of one restore point. JSON. */
export interface CopiedPoint extends CopiedAmount {
  /** Its id in the source. */
  readonly point: string;
  readonly resource: string;
  /** The point's own time, which its copy keeps. */
  readonly createdAt: string;
  /** `present`: the target had it already, and nothing was done. */
  readonly outcome: "copied" | "present";
  /** The copy's id in the target. */
  readonly copy: string;
  readonly volumes: readonly CopiedVolume[];
}

/** What a copy did, in all. JSON. */
export interface CopyResult extends CopiedAmount {
  readonly session: string;
  /** The ids of both repositories. */
  readonly source: string;
  readonly target: string;
  readonly points: readonly CopiedPoint[];
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
}

/** The sum of what several copied. */
export function sumAmounts(amounts: readonly CopiedAmount[]): CopiedAmount {
  const sum = (value: (amount: CopiedAmount) => number): number => amounts.reduce((total, amount) => total + value(amount), 0);
  return {
    blocks: {
      read: sum(({ blocks }) => blocks.read),
      zero: sum(({ blocks }) => blocks.zero),
      known: sum(({ blocks }) => blocks.known),
      stored: sum(({ blocks }) => blocks.stored),
      removed: sum(({ blocks }) => blocks.removed),
    },
    bytesRead: sum(({ bytesRead }) => bytesRead),
    bytesStored: sum(({ bytesStored }) => bytesStored),
    requests: { reads: sum(({ requests }) => requests.reads), writes: sum(({ requests }) => requests.writes) },
  };
}
