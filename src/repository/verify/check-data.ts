import { concurrently } from "../../concurrency/concurrently.js";
import { objectNames } from "../format/object-names.js";
import type { PackReferences } from "./pack-references.js";
import type { Verification } from "./verification.js";
import { secondsOf, type VerifiedTimes } from "./verified-times.js";
import { verifyPack } from "./verify-pack.js";

/** Packs read at the same time, of 32 MiB each. */
const maxInFlight = 3;
/** What was verified is stored after so long, so that a run that is killed is not for nothing. */
const saveAfterMs = 5 * 60_000;

/** What reading packs came to. */
export interface DataChecks {
  readonly readPacks: number;
  readonly blocks: number;
  /** Packs left for another time. */
  readonly unread: number;
  /** The budget ended before all that was asked for was read. */
  readonly isCutShort: boolean;
  /** Packs found whole, by name, that `isQuarantined` says were not. */
  readonly recovered: readonly string[];
}

/** Reads packs, those that were not read for longest first, until all that is asked for is read or the budget is spent. */
export async function checkData(verification: Verification, references: PackReferences, times: VerifiedTimes | undefined, isQuarantined: (packName: string) => boolean): Promise<DataChecks> {
  const { context, options, inventory } = verification;
  const { clock } = context;
  const startedMs = clock.monotonicMs();
  let savedMs = startedMs;
  const { asked, left } = choosePacks(verification);
  const recovered: string[] = [];
  let [begun, readPacks, blocks, begunBytes] = [0, 0, 0, 0];
  const isSpent = (index: number): boolean =>
    begunBytes + inventory.sizeBytes(index) > (options.budget?.bytes ?? Infinity) || clock.monotonicMs() - startedMs >= (options.budget?.durationMs ?? Infinity);
  let isCutShort = false;
  await concurrently(asked, maxInFlight, async (index) => {
    options.signal?.throwIfAborted();
    isCutShort ||= isSpent(index);
    if (isCutShort) return;
    begun++;
    begunBytes += inventory.sizeBytes(index);
    const reference = await references.of(index, options);
    if (reference === undefined) {
      // what others need of it, they tell the next time
      begun--;
      return;
    }
    const read = await verifyPack(context, reference, options);
    readPacks++;
    blocks += read.blocks;
    verification.readBytes += inventory.sizeBytes(index);
    verification.progress("data", readPacks, asked.length);
    if (read.suspect !== undefined) {
      verification.suspect(index, read.suspect);
      return;
    }
    times?.note(index, clock.now());
    const name = objectNames.pack(inventory.id(index));
    if (isQuarantined(name)) recovered.push(name);
    if (times !== undefined && clock.monotonicMs() - savedMs > saveAfterMs) {
      savedMs = clock.monotonicMs();
      await times.save(options);
    }
  });
  return { readPacks, blocks, unread: left + asked.length - begun, isCutShort, recovered };
}

/** Which packs are read, and in which order: a bounded sort of numbers, whatever there is of packs. */
function choosePacks({ context, options, inventory }: Verification): { readonly asked: Uint32Array; readonly left: number } {
  const since = options.since === undefined ? Infinity : secondsOf(options.since);
  const present = Uint32Array.from([...inventory.with("isReached")].filter((index) => !inventory.is(index, "isSuspect")));
  const due = present.filter((index) => inventory.verifiedSeconds(index) === 0 || inventory.verifiedSeconds(index) < since);
  if (options.sample < 1 || options.budget !== undefined) {
    // among packs of the same time, chance decides: nobody can tell which one is looked at
    const chance = Float64Array.from({ length: inventory.size }, () => context.random.fraction());
    due.sort((a, b) => inventory.verifiedSeconds(a) - inventory.verifiedSeconds(b) || (chance[a] ?? 0) - (chance[b] ?? 0));
  }
  const asked = due.subarray(0, Math.ceil(due.length * options.sample));
  return { asked, left: due.length - asked.length };
}
