/** What was asked of a store, as S3 bills it: refusals by a condition, and questions for what is not there, are in it. JSON. */
export interface RequestCounts {
  /** Puts of what must be readable at once, locks and the like, at the price of a PUT of STANDARD. */
  readonly puts: number;
  /** Puts of data packs, at the price of a PUT of the storage's own class. */
  readonly dataPuts: number;
  /** Gets and heads, at the price of a GET. */
  readonly gets: number;
  /** Pages of listings, of up to a thousand objects each, at the price of a PUT. */
  readonly lists: number;
  /** They cost nothing. */
  readonly deletes: number;
  /** Bytes of bodies put. */
  readonly putBytes: number;
  /** Bytes of bodies got. */
  readonly gotBytes: number;
}

/** No requests at all. */
export const noRequests: RequestCounts = { puts: 0, dataPuts: 0, gets: 0, lists: 0, deletes: 0, putBytes: 0, gotBytes: 0 };

/** Both together. */
export function addRequests(a: RequestCounts, b: RequestCounts): RequestCounts {
  return { puts: a.puts + b.puts, dataPuts: a.dataPuts + b.dataPuts, gets: a.gets + b.gets, lists: a.lists + b.lists, deletes: a.deletes + b.deletes, putBytes: a.putBytes + b.putBytes, gotBytes: a.gotBytes + b.gotBytes };
}

/** So many times. */
export function scaleRequests(counts: RequestCounts, times: number): RequestCounts {
  return Object.fromEntries(Object.entries(counts).map(([kind, amount]: [string, number]) => [kind, amount * times])) as unknown as RequestCounts;
}
