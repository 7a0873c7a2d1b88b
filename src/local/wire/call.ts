import type { Readable } from "node:stream";

/** What came over the wire, before anything is made of it. */
export interface WireRequest {
  readonly method: string;
  /** The path as it was sent: percent-encoded, without the query. */
  readonly rawPath: string;
  /** Decoded query pairs in the order they were sent. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** By lower-case name; several values of a name joined with commas. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | Readable | undefined;
}

/** The first value of a query parameter. */
export function queryValue(request: WireRequest, name: string): string | undefined {
  return request.query.find(([key]) => key === name)?.[1];
}
