import * as z from "zod";
import type { CallOptions } from "../../ports/index.js";
import type { ThawEvents } from "../../repository/archive/thaw-events.js";
import type { ThawPlan, ThawTierPlan } from "../../repository/archive/plan-thaw.js";
import { isArchiveClass, type ThawTier } from "../../prices/storage-classes.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { Repository } from "../../repository/repository.js";
import type { EventOf, Unstamped } from "../../session/index.js";

/** How packs that lie in an archive are made readable before they are read. */
export interface RestoreThawOptions {
  /** `expedited` (minutes, not from Deep Archive), `standard` (hours) or `bulk` (half a day to two days, the cheapest). */
  readonly tier: ThawTier;
  /** For how many days the data shall be readable, from when it is thawed: 1 to 36,500. Default: 7. */
  readonly days?: number | undefined;
}

/** The option `thaw` of whatever reads a restore point. */
export const thawOption = z
  .strictObject(
    {
      tier: z.enum(["expedited", "standard", "bulk"], { error: 'must be "expedited", "standard" or "bulk".' }),
      days: z.int({ error: "must be a whole number of days." }).min(1, "must be from 1 to 36,500 days.").max(36_500, "must be from 1 to 36,500 days.").optional(),
    },
    { error: (issue: { readonly code: string }) => (issue.code === "invalid_type" ? "must be an object { tier, days }." : undefined) },
  )
  .optional();

/** What is told while packs are thawed: the events of a thaw but for its own beginning and end. */
export type RestoreThawEvents = Omit<ThawEvents, "session:started" | "session:ended">;
/** One of them, told apart by `type`. */
export type RestoreThawEvent = EventOf<RestoreThawEvents>;

/** What is thawed before a restore point is read, and who hears of it. */
export interface ThawFirstRequest extends CallOptions {
  readonly volumes: readonly string[];
  readonly thaw: RestoreThawOptions | undefined;
  readonly emit?: ((event: Unstamped<RestoreThawEvent>) => void) | undefined;
}

/**
 * Makes exactly the packs that these volumes need readable, and waits for it. All are asked for before the first is waited for. What another process has asked for
 * is not asked for again: where one died in its wait, the next goes on with it, by what the store says of each pack.
 */
export async function thawFirst(repository: Repository, point: RestorePoint | string, { volumes, thaw, emit, signal }: ThawFirstRequest): Promise<void> {
  if (thaw === undefined) return;
  const options = { ...thaw, underway: "wait", signal } as const;
  for (const volume of volumes.slice(1)) await repository.thaw(point, { ...options, volume, wait: false });
  for (const volume of volumes) {
    for await (const { at: _, ...event } of repository.thaw(point, { ...options, volume })) if (event.type.startsWith("thaw:")) emit?.(event as Unstamped<RestoreThawEvent>);
  }
}

/** What lies in an archive of what a restore reads, how soon it can be had, and for how much. JSON. */
export interface RestoreThawPlan extends Pick<ThawPlan, "storageClass" | "needed" | "readable" | "thawing" | "archived" | "days" | "tiers" | "prices"> {
  /** By the tier that the restore was told, if it was. */
  readonly chosen?: ThawTierPlan | undefined;
}

/** `undefined` of a repository whose packs do not lie in an archive. */
export async function planThawFirst(repository: Repository, point: RestorePoint, { volume, thaw, signal }: { readonly volume: string; readonly thaw: RestoreThawOptions | undefined } & CallOptions): Promise<RestoreThawPlan | undefined> {
  const { context } = await point.blockMap(volume, { signal });
  if (!isArchiveClass(context.store.storageClass) && thaw === undefined) return undefined;
  const { storageClass, needed, readable, thawing, archived, days, tiers, prices } = await repository.planThaw(point, { volume, days: thaw?.days, signal });
  const chosen = tiers.find(({ tier }) => tier === thaw?.tier);
  return { storageClass, needed, readable, thawing, archived, days, tiers, prices, ...(chosen !== undefined && { chosen }) };
}
