import type { ByteSource } from "../bytes/byte-source.js";
import type { Overlay } from "../bytes/overlay.js";
import { transmissionFlags } from "./protocol.js";

/** What a server gives out. */
export interface NbdExport {
  /** The name that clients may ask for; the empty one, the default, leads here too. */
  readonly name: string;
  /** One line for people. */
  readonly description: string;
  readonly source: ByteSource;
  /** Where writes go; without it the export is read-only. */
  readonly overlay?: Overlay | undefined;
  /** What went wrong with a request: clients are told a number only. */
  readonly onFailure: (command: string, error: unknown) => void;
}

export function exportFlags({ overlay }: NbdExport): number {
  const { hasFlags, readOnly, sendFlush, sendFua, sendTrim, sendWriteZeroes, sendDf, canMultiConn, sendCache } = transmissionFlags;
  const common = hasFlags | canMultiConn | sendCache | sendDf | sendFlush;
  return overlay === undefined ? common | readOnly : common | sendFua | sendTrim | sendWriteZeroes;
}
