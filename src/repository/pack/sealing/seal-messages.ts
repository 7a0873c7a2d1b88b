/** Asks a thread to seal the block in a slot. */
export interface SealRequest {
  readonly slot: number;
  readonly level: number;
  /** The slot's memory, the first time that this thread hears of it. */
  readonly memory?: SharedArrayBuffer | undefined;
}

/** The frame lies in the slot, or why not. */
export type SealAnswer =
  | { readonly slot: number; readonly length: number; readonly compression: number; readonly failure?: undefined }
  | { readonly slot: number; readonly failure: { readonly message: string; readonly code: string } };
