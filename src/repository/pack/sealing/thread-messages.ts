import type { ExpectedFrame } from "../frame-codec.js";

/** What is to be done with the slot's content. */
export type ThreadWork = { readonly kind: "seal"; readonly level: number } | { readonly kind: "open"; readonly length: ExpectedFrame["length"]; readonly compression: ExpectedFrame["compression"] };

/** Asks a thread for work on a slot. */
export interface ThreadRequest {
  readonly slot: number;
  readonly work: ThreadWork;
  /** The slot's memory, the first time that this thread hears of it. */
  readonly memory?: SharedArrayBuffer | undefined;
}

/** What was asked for lies in the slot, or why not. Of an opened block there is nothing else to say. */
export type ThreadAnswer =
  | { readonly length: number; readonly compression: number; readonly failure?: undefined }
  | { readonly failure: { readonly message: string; readonly code: string } };
