import { setTimeout as delay } from "node:timers/promises";
import type { MetFault } from "./faults.js";

type Deed = "reset" | "truncate" | "corrupt" | "stall";

/** What happens in the middle of an answer's body. */
export interface BodyFault {
  readonly deed: Deed;
  /** Where, as a share of the body. */
  readonly position: number;
  readonly ms: number;
}

/** The first of a call's faults that lies in the answer's body. */
export function bodyFaultOf(faults: readonly MetFault[]): BodyFault | undefined {
  for (const { options, position } of faults) {
    if (options.kind === "truncate" || options.kind === "corrupt") return { deed: options.kind, position, ms: 0 };
    if (options.kind === "reset" && options.when === "body") return { deed: "reset", position, ms: 0 };
    if (options.kind === "stall" && options.when === "body") return { deed: "stall", position, ms: options.ms };
  }
  return undefined;
}

/** Raised where the rest of a body must not be sent. */
export class BodyCut extends Error {
  readonly deed: Deed;

  constructor(deed: Deed) {
    super(`The answer's body is cut: ${deed}.`);
    this.name = "BodyCut";
    this.deed = deed;
  }
}

/** Gives the chunks of a body on, with the fault at its place in `totalBytes`. */
export async function* withBodyFault(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  totalBytes: number,
  fault: BodyFault,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const place = Math.min(Math.floor(totalBytes * fault.position), Math.max(totalBytes - 1, 0));
  let offset = 0;
  for await (const chunk of body) {
    const at = place - offset;
    offset += chunk.length;
    if (at < 0 || at >= chunk.length) {
      yield chunk;
      continue;
    }
    if (fault.deed === "corrupt") {
      const flipped = Buffer.from(chunk);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      yield flipped;
      continue;
    }
    yield chunk.subarray(0, at);
    if (fault.deed !== "stall") throw new BodyCut(fault.deed);
    await delay(fault.ms, undefined, { signal, ref: false });
    yield chunk.subarray(at);
  }
}
