import * as z from "zod";
import { openPackedJson, sealPackedJson } from "../format/packed-json.js";
import type { KeyRing } from "../keys/key-ring.js";
import type { SealContext } from "../keys/sealed-box.js";

/** What was compared of a volume, and how fast it could be read. JSON. */
export interface VerifiedVolume {
  readonly volume: string;
  readonly sizeBytes: number;
  /** Blocks of 512 KiB that hold data, how many of them were read and proven by their ids, and the first that could not be. */
  readonly blocks: number;
  readonly comparedBlocks: number;
  readonly damagedBlocks: readonly number[];
  /** Bytes of data a second: read from the repository, or, with `quarantine`, also written to the image. Absent where nothing was read. */
  readonly bytesPerSecond?: number | undefined;
  /** How long a restore of all its data takes at that rate. */
  readonly restoreMs?: number | undefined;
  /** `reading`: the rate is of reading alone, for the target's own speed is not known. `restore`: the whole volume was restored. */
  readonly measuredBy: "reading" | "restore";
}

/** What checked a file system: its own program, a walk through all folders by the engine's reader, or nothing here can. */
export type FileSystemCheckLevel = "fsck" | "walk" | "none";

/** How a file system was found. JSON. */
export interface VerifiedFileSystem {
  readonly id: string;
  readonly type: string;
  readonly level: FileSystemCheckLevel;
  /** The program, with its options, or the engine. */
  readonly by?: string | undefined;
  /** `undefined` where nothing here can check it. */
  readonly isClean?: boolean | undefined;
  /** What was found, or why nothing was checked: some lines. */
  readonly findings: readonly string[];
}

/** A file whose hash was asked for. JSON. */
export interface VerifiedFile {
  readonly fileSystem: string;
  readonly path: string;
  readonly matches: boolean;
  /** Of the file as it is in the restore point; absent where it could not be read. */
  readonly sha256?: string | undefined;
  readonly problem?: string | undefined;
}

/** How a machine that was started from the disk fared. JSON. */
export interface VerifiedBoot {
  readonly volume: string;
  readonly hasBooted: boolean;
  /** What was waited for: a pattern on the serial console, or a TCP port of the machine. */
  readonly awaited: string;
  readonly durationMs: number;
  /** Why it counts as not booted. */
  readonly problem?: string | undefined;
  /** The end of what came over the serial console. */
  readonly console: string;
}

/** What a verified restore found, as the repository keeps it with its point. JSON. */
export interface RestoreVerification {
  readonly session: string;
  readonly restorePoint: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** Whether everything that was checked was as it should be. */
  readonly isVerified: boolean;
  /** What was not, a line each. */
  readonly failures: readonly string[];
  readonly volumes: readonly VerifiedVolume[];
  readonly fileSystems: readonly VerifiedFileSystem[];
  readonly files: readonly VerifiedFile[];
  readonly boot?: VerifiedBoot | undefined;
}

const amount = z.number().nonnegative();
const schema = z.object({
  version: z.literal(1),
  session: z.string().regex(/^[0-9a-f]{32}$/),
  restorePoint: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  isVerified: z.boolean(),
  failures: z.array(z.string()),
  volumes: z.array(
    z.object({ volume: z.string(), sizeBytes: amount, blocks: amount, comparedBlocks: amount, damagedBlocks: z.array(amount), bytesPerSecond: amount.optional(), restoreMs: amount.optional(), measuredBy: z.enum(["reading", "restore"]) }),
  ),
  fileSystems: z.array(z.object({ id: z.string(), type: z.string(), level: z.enum(["fsck", "walk", "none"]), by: z.string().optional(), isClean: z.boolean().optional(), findings: z.array(z.string()) })),
  files: z.array(z.object({ fileSystem: z.string(), path: z.string(), matches: z.boolean(), sha256: z.string().optional(), problem: z.string().optional() })),
  boot: z.object({ volume: z.string(), hasBooted: z.boolean(), awaited: z.string(), durationMs: amount, problem: z.string().optional(), console: z.string() }).optional(),
});

/** Far beyond what a verification writes. */
const maxRecordBytes = 64 * 2 ** 20;

/** Seals a verification (docs/repository-format.md, section 18). */
export async function sealVerification(keys: KeyRing, name: string, verification: RestoreVerification): Promise<Buffer> {
  return await sealPackedJson(sealOf(keys, name), verification);
}

/** Opens a verification; raises `IntegrityError` where it is damaged. */
export async function openVerification(keys: KeyRing, name: string, bytes: Buffer): Promise<RestoreVerification> {
  const { version: _, ...verification } = await openPackedJson(sealOf(keys, name), bytes, maxRecordBytes, (document) => schema.parse(document));
  return verification;
}

function sealOf(keys: KeyRing, name: string): SealContext {
  return { key: keys.metadata, repositoryId: keys.repositoryId, name, label: "restore verification" };
}
