import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema, truth } from "../../options/schemas.js";
import { thawOption, type RestoreThawEvent, type RestoreThawOptions } from "../thaw/thaw-first.js";

/** Which volume is exported, and how. */
export interface BlockDeviceOptions {
  /** Which of the point's volumes; may be left out where it has only one. */
  readonly volume?: string | undefined;
  /**
   * `unix`, the default: a socket in a directory that only this user may enter. `loopback`: a TCP port of 127.0.0.1, which
   * every user of this machine can read from.
   */
  readonly listen?: "unix" | "loopback" | undefined;
  /** The loopback port. Default: one that is free. */
  readonly port?: number | undefined;
  /** Whether clients may write, into a copy-on-write overlay that is gone when the device is closed. The restore point is never changed. Default: false. */
  readonly writable?: boolean | undefined;
  /** What the overlay may take of the temporary directory's disk. Default: 16 GiB. */
  readonly overlayBytes?: number | undefined;
  /** Memory for blocks that were read. Default: 64 MiB, at least 8 MiB. */
  readonly cacheBytes?: number | undefined;
  /** Makes what lies in an archive readable first, and waits for it, hours by the tier. Without it that is an error (`ThawNeeded`). */
  readonly thaw?: RestoreThawOptions | undefined;
  /** Hears how a thaw goes on. */
  readonly onThaw?: ((event: RestoreThawEvent) => void) | undefined;
  /** Closes the device when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

export type ResolvedBlockDeviceOptions = BlockDeviceOptions & { readonly listen: "unix" | "loopback"; readonly port: number; readonly writable: boolean; readonly overlayBytes: number; readonly cacheBytes: number };

const mib = 2 ** 20;
export const defaultCacheBytes = 64 * mib;
const minCacheBytes = 8 * mib;
const defaultOverlayBytes = 16 * 2 ** 30;
const maxPort = 65_535;

export const volumeOption = z.string({ error: "must be the id of a volume in the restore point." }).min(1, "must be the id of a volume in the restore point.").optional();
export const cacheBytesOption = z.int({ error: "must be a whole number of bytes." }).min(minCacheBytes, `must be at least ${String(minCacheBytes)} bytes (8 MiB).`).optional();

export const onThawOption = z.custom<NonNullable<BlockDeviceOptions["onThaw"]>>((value) => typeof value === "function", "must be a function.").optional();

/** Of what an opening is planned. */
export interface OpeningPlanOptions {
  /** One of the point's volumes. Default: all of them. */
  readonly volume?: string | undefined;
  /** How it would be thawed: `chosen` in the plan is what that takes. */
  readonly thaw?: RestoreThawOptions | undefined;
  readonly signal?: AbortSignal | undefined;
}

const openingSchema = z.strictObject({ volume: volumeOption, thaw: thawOption, signal: signalSchema });

export function resolveOpeningPlanOptions(options: OpeningPlanOptions): OpeningPlanOptions {
  return checkOptions<OpeningPlanOptions>(options, { of: "the plan of an opening", schema: openingSchema });
}

const schema = z
  .strictObject({
    volume: volumeOption,
    listen: z.enum(["unix", "loopback"], { error: 'must be "unix" or "loopback".' }).optional(),
    port: z.int({ error: "must be a port." }).min(0, "must be a port.").max(maxPort, "must be a port.").optional(),
    writable: truth,
    overlayBytes: z.int({ error: "must be a whole number of bytes." }).min(mib, "must be at least 1,048,576 bytes.").optional(),
    cacheBytes: cacheBytesOption,
    thaw: thawOption,
    onThaw: onThawOption,
    signal: signalSchema,
  })
  .refine(({ listen, port }) => port === undefined || listen === "loopback", { path: ["port"], message: 'makes sense with listen: "loopback" alone.' })
  .refine(({ writable, overlayBytes }) => overlayBytes === undefined || writable === true, { path: ["overlayBytes"], message: "makes sense with writable: true alone." });

export function resolveBlockDeviceOptions(options: BlockDeviceOptions = {}): ResolvedBlockDeviceOptions {
  const given = checkOptions<BlockDeviceOptions>(options, { of: "a block device", schema });
  return { ...given, listen: given.listen ?? "unix", port: given.port ?? 0, writable: given.writable ?? false, overlayBytes: given.overlayBytes ?? defaultOverlayBytes, cacheBytes: given.cacheBytes ?? defaultCacheBytes };
}
