import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema, truth } from "../../options/schemas.js";
import { wholeNumberFromTo } from "../../options/whole-number.js";
import { thawOption, type RestoreThawOptions } from "../thaw/thaw-first.js";

/** A file and the hash that it should have. */
export interface ExpectedFile {
  /** One of `files.fileSystems`, by its id; may be left out where only one can be read. */
  readonly fileSystem?: string | undefined;
  readonly path: string;
  /** Of its content: 64 hexadecimal digits. */
  readonly sha256: string;
}

/** A machine that is started from one of the point's disks, and what it must do to count as booted. */
export interface BootOptions {
  /** The disk. Default: the root volume of the instance, or the only one. */
  readonly volume?: string | undefined;
  /** What must come over the serial console: text, or a regular expression. Default, without `port`: a login prompt. */
  readonly console?: string | RegExp | undefined;
  /** A TCP port of the machine that must answer: say something by itself (as SSH does), or after `send`. */
  readonly port?: number | undefined;
  /** What is sent to `port`: `"GET / HTTP/1.0\r\n\r\n"`. */
  readonly send?: string | undefined;
  /** How the machine sees the disk. Default: `nvme`, as instances of EC2's Nitro do. */
  readonly disk?: "nvme" | "virtio" | "ide" | undefined;
  /** 128 to 65,536. Default: 1,024. */
  readonly memoryMib?: number | undefined;
  /** 5 to 3,600. Default: 300. Without KVM a machine is some ten times slower than a real one. */
  readonly timeoutSeconds?: number | undefined;
}

/** How thoroughly a restore point is tried out. */
export interface VerifyRestoreOptions {
  /** Only these of the point's volumes. Default: all. */
  readonly volumes?: readonly string[] | undefined;
  /** Blocks of each volume that are read and proven by their ids: a number, spread at random in runs, or `all`. Default: 512 (256 MiB). */
  readonly blocks?: number | "all" | undefined;
  /** Whether file systems are checked. Default: true. */
  readonly fileSystems?: boolean | undefined;
  /** Files whose hashes are compared. */
  readonly files?: readonly ExpectedFile[] | undefined;
  /** Starts a machine from a disk in QEMU. Default: no. */
  readonly boot?: BootOptions | true | undefined;
  /**
   * A folder in which each volume is restored to a raw image first, all of it, and checked there; removed afterwards. It needs as much room as the volume has data.
   * Default: the device is opened, and only what a check needs is read.
   */
  readonly quarantine?: string | undefined;
  /** Makes what lies in an archive readable first, and waits for it. Without it that is an error (`ThawNeeded`). */
  readonly thaw?: RestoreThawOptions | undefined;
  /** Seconds that the check of one file system may take: 10 to 86,400. Default: 3,600. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A `BootOptions` with what is taken where nothing is said. */
export interface ResolvedBootOptions {
  readonly volume: string | undefined;
  readonly console: string | RegExp | undefined;
  readonly port: number | undefined;
  readonly send: string | undefined;
  readonly disk: "nvme" | "virtio" | "ide";
  readonly memoryMib: number;
  readonly timeoutMs: number;
}

export interface ResolvedVerifyRestoreOptions {
  readonly volumes: readonly string[] | undefined;
  readonly blocks: number;
  readonly fileSystems: boolean;
  readonly files: readonly ExpectedFile[];
  readonly boot: ResolvedBootOptions | undefined;
  readonly quarantine: string | undefined;
  readonly thaw: RestoreThawOptions | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const defaultBlocks = 512;
const defaultBootSeconds = 300;
const defaultCheckSeconds = 3_600;
const defaultMemoryMib = 1_024;
/** `debian login:`, `ip-10-0-0-1 login:`, at the beginning of a line. */
const loginPrompt = /^\S.* login: ?/m;

const filled = (must: string): z.ZodString => z.string({ error: must }).min(1, must);

/** A regular expression, or a text of at least one character. */
const consoleSchema = z.custom<string | RegExp>((value) => value instanceof RegExp || (typeof value === "string" && value !== ""), "must be text or a regular expression.");

/** What a machine is told. */
export const bootShape = {
  volume: filled("must be the id of a volume in the restore point.").optional(),
  console: consoleSchema.optional(),
  port: wholeNumberFromTo(1, 65_535).optional(),
  send: filled("must be text.").optional(),
  disk: z.enum(["nvme", "virtio", "ide"], { error: 'must be "nvme", "virtio" or "ide".' }).optional(),
  memoryMib: wholeNumberFromTo(128, 65_536).optional(),
  timeoutSeconds: wholeNumberFromTo(5, 3_600).optional(),
};
export const sendNeedsPort = ({ send, port }: { readonly send?: unknown; readonly port?: unknown }): boolean => send === undefined || port !== undefined;
const bootSchema = z.union([z.literal(true), z.strictObject(bootShape).refine(sendNeedsPort, { path: ["send"], message: "makes sense with port alone." })], { error: "must be true, or an object { volume, console, port, … }." });

/** What a verified restore has in common, whoever asks for it. */
export const verifyRestoreShape = {
  blocks: z.union([z.literal("all"), wholeNumberFromTo(0, 2 ** 27)], { error: 'must be a number of blocks, or "all".' }).optional(),
  fileSystems: truth,
  timeoutSeconds: wholeNumberFromTo(10, 86_400).optional(),
};

const schema = z.strictObject({
  ...verifyRestoreShape,
  boot: bootSchema.optional(),
  quarantine: filled("must be the path of a folder.").optional(),
  thaw: thawOption,
  volumes: z.array(filled("must be the id of a volume in the restore point."), { error: "must be a list of volumes." }).min(1, "must name at least one volume.").optional(),
  files: z
    .array(
      z.strictObject({
        fileSystem: filled("must be the id of a file system.").optional(),
        path: filled("must be a path."),
        sha256: z.string({ error: "must be 64 hexadecimal digits." }).regex(/^[0-9a-f]{64}$/i, "must be 64 hexadecimal digits."),
      }),
      { error: "must be a list of files." },
    )
    .optional(),
  signal: signalSchema,
});

/** Fills in what is not said; raises `ConfigurationError` naming the path. */
export function resolveVerifyRestoreOptions(options: VerifyRestoreOptions = {}): ResolvedVerifyRestoreOptions {
  const given = checkOptions<VerifyRestoreOptions>(options, { of: "a verified restore", schema });
  return {
    volumes: given.volumes,
    blocks: given.blocks === "all" ? Number.POSITIVE_INFINITY : (given.blocks ?? defaultBlocks),
    fileSystems: given.fileSystems ?? true,
    files: given.files ?? [],
    boot: given.boot === undefined ? undefined : resolveBoot(given.boot === true ? {} : given.boot),
    quarantine: given.quarantine,
    thaw: given.thaw,
    timeoutMs: (given.timeoutSeconds ?? defaultCheckSeconds) * 1_000,
    signal: given.signal,
  };
}

function resolveBoot({ volume, console, port, send, disk = "nvme", memoryMib = defaultMemoryMib, timeoutSeconds = defaultBootSeconds }: BootOptions): ResolvedBootOptions {
  return { volume, console: console ?? (port === undefined ? loginPrompt : undefined), port, send, disk, memoryMib, timeoutMs: timeoutSeconds * 1_000 };
}
