import { inspect } from "node:util";
import * as z from "zod";
import { checkCallOptions } from "../../options/call-options.js";
import { checkOptions } from "../../options/check-options.js";
import { invalidOption, optionError } from "../../options/option-error.js";
import { filledText, signalSchema } from "../../options/schemas.js";
import { wholeNumberFromTo } from "../../options/whole-number.js";
import type { CallOptions } from "../../ports/index.js";
import type { ByteSource } from "../bytes/byte-source.js";
import { compareFolders, type FileDifference } from "./compare-files.js";
import type { FileEntry } from "./file-entry.js";
import { unreadableFileSystem } from "./file-errors.js";
import { pathParts } from "./file-name.js";
import type { FileRange, FileSystemReader } from "./file-system-reader.js";
import { saveFolder, type FilesSaved } from "./save-folder.js";
import { SharedOpening } from "./shared-opening.js";
import type { FileSystemType } from "./disk/file-system-type.js";
import { gather } from "./tar/gather.js";
import { tarOf } from "./tar/tar-of.js";
import { walk } from "./walk.js";
import { zipOf } from "./zip/zip-of.js";

/** What is known of a file system before it is opened. */
export interface FileSystemFacts {
  /** `<volume>/<partition>`, the volume alone where it has no partitions, or `<group>/<logical volume>`: what `files.fileSystem(id)` takes. */
  readonly id: string;
  /** The EBS volume it lies on; of a logical volume the first of its group. */
  readonly volume: string;
  readonly partition?: number | undefined;
  /** `<group>/<logical volume>`, as LVM names it. */
  readonly logicalVolume?: string | undefined;
  readonly type: FileSystemType;
  readonly label?: string | undefined;
  readonly uuid?: string | undefined;
  readonly sizeBytes: number;
}

/** Which files are looked for. */
export interface SearchOptions extends CallOptions {
  /** Text that the name contains, without regard to case; or a regular expression for the name. */
  readonly name: string | RegExp;
  /** Where to begin. Default: the root. */
  readonly path?: string | undefined;
}

const position = wholeNumberFromTo(0, Number.MAX_SAFE_INTEGER).optional();
const rangeSchema = z.strictObject({ start: position, end: position, signal: signalSchema });
const pathSchema = z.string({ error: "must be a path in the file system." }).optional();
const searchSchema = z.strictObject({ name: z.union([z.string(), z.instanceof(RegExp)], { error: "must be a part of a name, or a regular expression." }), path: pathSchema, signal: signalSchema });
const saveSchema = z.strictObject({ to: filledText("must be the path of a new folder."), signal: signalSchema });
const compareSchema = z.strictObject({ path: pathSchema, signal: signalSchema });

/** How a file system is opened: by which engine, or why by none. */
export type EngineChoice = { readonly engine: string; readonly open: (options: CallOptions) => Promise<FileSystemReader> } | { readonly engine?: undefined; readonly reason: string };

/**
 * A file system in a restore point, read-only. Paths begin at its root, with or without a slash; links are shown and never followed.
 *
 * @example
 * for await (const entry of fileSystem.list("/etc")) console.log(entry.kind, entry.name, entry.sizeBytes);
 */
export class FileSystem {
  /** `<volume>/<partition>`, the volume alone where it has no partitions, or `<group>/<logical volume>`. */
  readonly id: string;
  /** The EBS volume it lies on; of a logical volume the first of its group. */
  readonly volume: string;
  readonly partition: number | undefined;
  /** `<group>/<logical volume>`, as LVM names it. */
  readonly logicalVolume: string | undefined;
  readonly type: FileSystemType;
  readonly label: string | undefined;
  readonly uuid: string | undefined;
  readonly sizeBytes: number;
  /** What reads it: `ext`, the engine's own reader, or `kernel`, this machine's kernel over a block device. Absent where nothing here can. */
  readonly engine: string | undefined;
  /** Why nothing here can read it, with the remedy. */
  readonly reason: string | undefined;
  /**
   * Its bytes; absent where they cannot be put together.
   *
   * @internal
   */
  readonly source: ByteSource | undefined;
  readonly #opening: SharedOpening<FileSystemReader>;

  /** @internal */
  constructor(facts: FileSystemFacts, choice: EngineChoice, source?: ByteSource) {
    this.id = facts.id;
    this.volume = facts.volume;
    this.partition = facts.partition;
    this.logicalVolume = facts.logicalVolume;
    this.type = facts.type;
    this.label = facts.label;
    this.uuid = facts.uuid;
    this.sizeBytes = facts.sizeBytes;
    this.engine = choice.engine;
    this.reason = choice.engine === undefined ? choice.reason : undefined;
    this.#opening = new SharedOpening(async (options) => {
      if (choice.engine === undefined) throw unreadableFileSystem(this.type, choice.reason);
      return await choice.open(options);
    });
    this.source = source;
  }

  /** What lies in a folder, in no particular order. `NotFoundError` (`FileNotFound`), `ConfigurationError` (`NotAFolder`). */
  async *list(path = "/", options: CallOptions = {}): AsyncGenerator<FileEntry> {
    const call = checkCallOptions(options);
    yield* (await this.#opening.get(call)).list(checkedPath(path), call);
  }

  /** What lies at a path; of a link the link itself. `NotFoundError` (`FileNotFound`). */
  async stat(path: string, options: CallOptions = {}): Promise<FileEntry> {
    const call = checkCallOptions(options);
    return await (await this.#opening.get(call)).stat(checkedPath(path), call);
  }

  /** A file's bytes, or a range of them, in pieces: `Readable.from(fileSystem.read(path))` is a stream. */
  async *read(path: string, range: FileRange = {}): AsyncGenerator<Buffer> {
    const checked = checkOptions<FileRange>(range, { of: "a file's reading", schema: rangeSchema });
    yield* (await this.#opening.get({ signal: checked.signal })).read(checkedPath(path), checked);
  }

  /** All that lies below a folder, a folder before what is in it, in the order of the names. */
  async *walk(path = "/", options: CallOptions = {}): AsyncGenerator<FileEntry> {
    const call = checkCallOptions(options);
    yield* walk(await this.#opening.get(call), checkedPath(path), call);
  }

  /** Files, folders and links below a folder whose name fits. Reads folders, no contents. */
  async *search(options: SearchOptions): AsyncGenerator<FileEntry> {
    const { name, path = "/", signal } = checkOptions<SearchOptions>(options, { of: "a search", schema: searchSchema });
    const fits = typeof name === "string" ? contains(name) : (text: string): boolean => new RegExp(name.source, name.flags.replace("g", "")).test(text);
    for await (const entry of this.walk(path, { signal })) if (fits(entry.name)) yield entry;
  }

  /**
   * A file or folder as a tar in pax format, in pieces: owners, modes, times, links, hard links, devices, sparse files.
   *
   * @example
   * await pipeline(fileSystem.tar("/etc"), createWriteStream("etc.tar"));
   */
  async *tar(path = "/", options: CallOptions = {}): AsyncGenerator<Buffer> {
    const call = checkCallOptions(options);
    yield* gather(tarOf(await this.#opening.get(call), checkedPath(path), call));
  }

  /** A file or folder as a zip, in pieces: modes, times and links. A tar keeps more: owners, hard links, devices, holes, names that are no UTF-8. */
  async *zip(path = "/", options: CallOptions = {}): AsyncGenerator<Buffer> {
    const call = checkCallOptions(options);
    yield* gather(zipOf(await this.#opening.get(call), checkedPath(path), call));
  }

  /**
   * Saves a file, or what is in a folder, into a new folder `to` of this machine. Nothing is written outside of it, whatever names and links the image holds;
   * devices, pipes and sockets are not made but told in `skipped`. `ProviderError` (`FolderExists`) where `to` is there already.
   */
  async save(path: string, options: { readonly to: string } & CallOptions): Promise<FilesSaved> {
    const { to, signal } = checkOptions<{ readonly to: string } & CallOptions>(options, { of: "a save", schema: saveSchema });
    return await saveFolder(await this.#opening.get({ signal }), checkedPath(path), to, { signal });
  }

  /** What changed from this file system to `later`, mostly the same one in a later restore point: by kind, size, time, mode, owner and link. */
  async *compareWith(later: FileSystem, options: { readonly path?: string | undefined } & CallOptions = {}): AsyncGenerator<FileDifference> {
    const { path = "/", signal } = checkOptions<{ readonly path?: string | undefined } & CallOptions>(options, { of: "a comparison", schema: compareSchema });
    if (!(later instanceof FileSystem)) throw invalidOption("later", later, "must be a FileSystem, of restore.files().");
    yield* compareFolders(await this.#opening.get({ signal }), await later.#opening.get({ signal }), checkedPath(path), { signal });
  }

  /** @internal */
  async close(): Promise<void> {
    await this.#opening.close();
  }

  /** The facts as JSON. */
  toJSON(): FileSystemFacts & { readonly engine: string | undefined; readonly reason: string | undefined } {
    const { id, volume, partition, logicalVolume, type, label, uuid, sizeBytes, engine, reason } = this;
    return { id, volume, partition, logicalVolume, type, label, uuid, sizeBytes, engine, reason };
  }

  /** How it prints: what it is, and what reads it. */
  [inspect.custom](): string {
    return `FileSystem ${this.id} ${this.type}${this.label === undefined ? "" : ` "${this.label}"`}, ${String(this.sizeBytes)} bytes, ${this.engine === undefined ? "not readable here" : `read by ${this.engine}`}`;
  }
}

function checkedPath(path: string): string {
  if (typeof path === "string" && !path.includes("\0")) return pathParts(path).join("/");
  throw optionError("path", "must be a path in the file system, without a null character.");
}

function contains(text: string): (name: string) => boolean {
  const wanted = text.toLowerCase();
  return (name) => name.toLowerCase().includes(wanted);
}
