import { ConfigurationError } from "../../errors/index.js";
import { optionError } from "../../options/option-error.js";
import { ownSignal, Session, type RunningSession } from "../../session/index.js";
import { concurrently } from "../../concurrency/concurrently.js";
import { isArchiveClass, storageClasses, type ThawTier } from "../../prices/storage-classes.js";
import type { RestorePoint } from "../points/restore-point.js";
import type { RepositoryContext } from "../repository-context.js";
import { packState, pointPacks, type PackState } from "./point-packs.js";
import type { ThawEvent, ThawResult } from "./thaw-events.js";
import { resolveThawOptions, type ThawPointOptions } from "./thaw-options.js";

const requestsInFlight = 16;
/** How long the thaw waits before it looks again: a twentieth of what the tier may take, within these. */
const minPollMs = 60_000;
const maxPollMs = 15 * 60_000;
const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;

/** Makes a point's data packs readable: asks for each that is not, or not for long enough, and waits for them. Repeated, it asks for nothing twice. */
export function thawPoint(context: RepositoryContext, openPoint: (signal: AbortSignal) => Promise<RestorePoint>, options: ThawPointOptions): Session<ThawResult, ThawEvent> {
  const wanted = resolveThawOptions(options);
  const { storageClass } = context.store;
  const hours = isArchiveClass(storageClass) ? storageClasses[storageClass ?? ""]?.thawHours?.[wanted.tier] : undefined;
  if (isArchiveClass(storageClass) && hours === undefined) {
    throw optionError("tier", `${storageClass ?? ""} has no ${wanted.tier} retrieval; take "standard" or "bulk".`, { context: { storageClass } });
  }
  return Session.start(`thaw by the ${wanted.tier} tier`, context, async (session: RunningSession<ThawEvent>) => {
    const { clock, store } = context;
    const startedMs = clock.monotonicMs();
    const signal = ownSignal([wanted.signal]);
    signal.throwIfAborted();
    session.emit({ type: "session:started", session: session.id });
    const point = await openPoint(signal);
    const volumes = wanted.volume === undefined ? point.volumes.map(({ volumeId }) => volumeId) : [wanted.volume];
    const maps = [];
    for (const volumeId of volumes) maps.push(await point.blockMap(volumeId, { signal }));
    const packs: PackState[] = [];
    for await (const pack of pointPacks(store, maps, { signal })) packs.push(pack);

    const readableFrom = clock.now().getTime() + wanted.days * dayMs;
    const asked = packs.filter(({ state, readableUntil }) => state !== "readable" || (readableUntil !== undefined && Date.parse(readableUntil) < readableFrom));
    const requested = wanted.underway === "wait" ? asked.filter(({ state }) => state !== "thawing") : asked;
    const requestedBytes = requested.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    session.emit({ type: "thaw:started", restorePoint: point.id, packs: requested.length, bytes: requestedBytes, tier: wanted.tier, days: wanted.days });
    await request(context, requested, { tier: wanted.tier, days: wanted.days, signal });
    session.emit({ type: "thaw:requested", restorePoint: point.id, packs: requested.length });

    const isReadable = asked.every(({ state }) => state === "readable");
    const pollMs = Math.min(maxPollMs, Math.max(minPollMs, ((hours ?? 1) * hourMs) / 20));
    const report = (waiting: number): void => session.emit({ type: "thaw:progress", restorePoint: point.id, readablePacks: packs.length - waiting, packs: packs.length });
    const untilMs = wanted.wait ? await waitForAll(context, packs, asked, { pollMs, report, tier: wanted.tier, days: wanted.days, signal }) : undefined;
    session.emit({ type: "session:ended", session: session.id });
    return {
      session: session.id,
      restorePoint: point.id,
      volumes,
      packs: packs.length,
      requestedPacks: requested.length,
      requestedBytes,
      isReadable: wanted.wait || isReadable,
      ...(untilMs !== undefined && { readableUntil: new Date(untilMs).toISOString() }),
      startedAt: session.startedAt.toISOString(),
      endedAt: clock.now().toISOString(),
      durationMs: Math.round(clock.monotonicMs() - startedMs),
    };
  });
}

interface ThawRequest {
  readonly tier: ThawTier;
  readonly days: number;
  readonly signal: AbortSignal;
}

async function request({ store }: RepositoryContext, packs: readonly PackState[], { tier, days, signal }: ThawRequest): Promise<void> {
  if (packs.length === 0) return;
  if (store.thaw === undefined) throw new ConfigurationError(`${store.location} cannot thaw what it says is archived: its store has no thaw. Open the repository by a store that has (s3Storage).`, { code: "NotSupported", context: { location: store.location } });
  const thaw = store.thaw.bind(store);
  await concurrently(packs, requestsInFlight, async ({ name, versionId }) => {
    signal.throwIfAborted();
    await thaw(name, { tier, days, signal, versionId });
  });
}

interface WaitOptions extends ThawRequest {
  readonly pollMs: number;
  /** Told after each look: how many packs are still not readable. */
  readonly report: (waiting: number) => void;
}

/** Waits until every pack is readable; gives the time at which the first thawed copy goes away. All were asked for together, so looking at the first of them that is not ready spares the others. */
async function waitForAll(context: RepositoryContext, packs: readonly PackState[], asked: readonly PackState[], { pollMs, report, ...thaw }: WaitOptions): Promise<number | undefined> {
  const { clock, store } = context;
  const { signal } = thaw;
  const isAsked = new Set(asked);
  let firstEndMs = Number.POSITIVE_INFINITY;
  for (const { readableUntil } of packs.filter((pack) => !isAsked.has(pack))) if (readableUntil !== undefined) firstEndMs = Math.min(firstEndMs, Date.parse(readableUntil));
  for (const [position, pack] of asked.entries()) {
    let now = await packState(store, pack, { signal });
    while (now.state !== "readable") {
      report(asked.length - position);
      // thawed and frozen again meanwhile, or never begun
      if (now.state === "archived") await request(context, [pack], thaw);
      await clock.sleep(pollMs, signal);
      now = await packState(store, pack, { signal });
    }
    if (now.readableUntil !== undefined) firstEndMs = Math.min(firstEndMs, Date.parse(now.readableUntil));
  }
  report(0);
  return Number.isFinite(firstEndMs) ? firstEndMs : undefined;
}
