import { Readable } from "node:stream";

/** Up to this much is handed over as one buffer. */
const maxWholeBytes = 65_536;
/** What is handed over at a time otherwise: large enough to be quick, small enough for a time limit to see progress on a slow line. */
const sliceBytes = 262_144;

/** A request's body, made anew for each attempt; the buffers are not copied. */
export function putBody(buffers: readonly Uint8Array[], sizeBytes: number): Uint8Array | Readable {
  const [only] = buffers;
  if (sizeBytes <= maxWholeBytes) return buffers.length === 1 && only !== undefined ? only : Buffer.concat(buffers);
  return Readable.from(slices(buffers), { objectMode: false, highWaterMark: 2 * sliceBytes });
}

function* slices(buffers: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const buffer of buffers) {
    for (let offset = 0; offset < buffer.length; offset += sliceBytes) yield buffer.subarray(offset, offset + sliceBytes);
  }
}
