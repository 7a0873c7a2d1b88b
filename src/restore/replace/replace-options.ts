import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { filledText, regionSchema } from "../../options/schemas.js";
import { digest, resourceId, swapShape } from "../instance/instance-options.js";
import { takeOverNeedsId } from "../restore-id.js";
import { thawOption, type RestoreThawOptions } from "../thaw/thaw-first.js";

/** Which present volume gives its place to a restored one. */
export interface ReplaceVolumeOptions {
  /** The volume that is there now: the new one gets its type, performance, tags and zone, and its device where it is attached. */
  readonly volumeId: string;
  /** Which of the point's volumes. Default: the one that is called as `volumeId`, or the point's only one. */
  readonly volume?: string | undefined;
  /** Where the volume is. Default: the account's region. */
  readonly region?: string | undefined;
  /** By which a replacement that was cut short is gone on with or undone: 8 to 32 lower-case letters and digits. Default: the session's. */
  readonly id?: string | undefined;
  /**
   * Says that the process which worked at this `id` is dead: its lease is taken at once, and the restore goes on fifteen seconds later, rather than when nothing was heard of it for a minute and a half. A process that lives after
   * all stops at its next beat, which comes within ten seconds, and takes nothing back (`RestoreTakenOver`). Needs `id`. Default: false.
   */
  readonly takeOver?: boolean | undefined;
  /** What becomes of the volume that was replaced on its instance; one that was attached to nothing always stays. Default: `keep`. */
  readonly replaced?: "keep" | "remove" | undefined;
  /** Whether the snapshot stays of which the new volume is made. Default: false. */
  readonly keepSnapshots?: boolean | undefined;
  /** Whether the finished snapshot is read again and compared with the restore point, block by block, before a volume is made of it. Each read is paid for. Default: false. */
  readonly compare?: boolean | undefined;
  /** Whether what was done is undone after a failure; what `compare` finds to be different always is. Default: true. */
  readonly undo?: boolean | undefined;
  /** Makes what lies in an archive readable first, and waits for it. Without it that is an error (`ThawNeeded`). */
  readonly thaw?: RestoreThawOptions | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type ResolvedReplaceVolumeOptions = ReplaceVolumeOptions & { readonly region: string };

const replaceShape = z.strictObject({ volumeId: resourceId("vol", "a volume"), volume: filledText("must be the id of a volume in the restore point.").optional(), region: regionSchema.optional(), ...swapShape, thaw: thawOption });

/** `region`: the one for whoever names none. */
export function resolveReplaceVolumeOptions(options: ReplaceVolumeOptions, region: string): ResolvedReplaceVolumeOptions {
  const given = checkOptions<ReplaceVolumeOptions>(options, { of: "a volume's replacement", schema: replaceShape.refine(takeOverNeedsId.isRight, takeOverNeedsId.otherwise) });
  return { ...given, region: given.region ?? region };
}

/** By which a replacement that is gone on with is known to be the same. */
export function replacementDigest(point: string, sourceVolume: string, { volumeId, replaced, keepSnapshots }: ReplaceVolumeOptions): string {
  return digest(["volume", point, sourceVolume, volumeId, replaced ?? "keep", keepSnapshots ?? false]);
}
