import { constants, mkdir, open, symlink } from "node:fs/promises";
import { HoldfastError, ProviderError } from "../../errors/index.js";
import type { CallOptions } from "../../ports/index.js";
import type { FileEntry } from "./file-entry.js";
import { encodeName, isPlainName } from "./file-name.js";
import type { FileSystemReader } from "./file-system-reader.js";
import { FactsGiver } from "./give-back.js";
import { SavedWithoutTally, type SavedWithout } from "./saved-without.js";
import { walk } from "./walk.js";

/** What was saved, and what was not. JSON. */
export interface FilesSaved {
  readonly to: string;
  readonly files: number;
  readonly folders: number;
  readonly links: number;
  readonly bytes: number;
  /** What could not be saved, each with why: devices, pipes and sockets, names that this machine cannot have, or that were there twice. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  /** What of saved files was not given back, by what it is and why: owners, modes, extended attributes, access lists. A tar holds them. */
  readonly savedWithout: readonly SavedWithout[];
}

type Counts = { -readonly [Name in "files" | "folders" | "links" | "bytes"]: number };

/** What this machine's file system says to a name that it cannot have, or has already. */
const nameRefusals: readonly string[] = ["EEXIST", "EINVAL", "EILSEQ", "ENAMETOOLONG", "EISDIR"];

/**
 * Saves what lies at a path into a new folder. All names come from the image and are hostile until proven: everything is made
 * new (`O_EXCL`), below folders that were made here, and links come last, so that nothing is ever written through one.
 */
export async function saveFolder(reader: FileSystemReader, path: string, to: string, options: CallOptions = {}): Promise<FilesSaved> {
  const top = await reader.stat(path, options);
  await make(to);
  const counts: Counts = { files: 0, folders: 0, links: 0, bytes: 0 };
  const skipped: { readonly path: string; readonly reason: string }[] = [];
  const links: FileEntry[] = [];
  const folders: FileEntry[] = [];
  const prefix = top.kind === "folder" ? top.path : top.path.slice(0, top.path.length - top.name.length);
  const placeOf = (entry: FileEntry): Buffer => {
    const below = entry.path.slice(prefix.length).split("/").filter((part) => part !== "");
    return Buffer.concat([Buffer.from(to), ...below.flatMap((part) => [Buffer.from("/"), encodeName(part)])]);
  };
  const without = new SavedWithoutTally();
  const facts = new FactsGiver(without);
  if (reader.leavesAttributesOut === true) without.note("extended attribute", top.path, "of this file system none are read here, nor access lists: whether there are any is not known");
  const unmade = new Set<string>();
  for await (const entry of top.kind === "folder" ? walk(reader, top.path, options) : [top]) {
    options.signal?.throwIfAborted();
    const reason = refusal(entry, unmade);
    if (reason !== undefined) {
      skipped.push({ path: entry.path, reason });
      if (entry.kind === "folder") unmade.add(entry.path);
      continue;
    }
    if (entry.kind === "link") {
      links.push(entry);
      continue;
    }
    try {
      if (entry.kind === "folder") {
        await mkdir(placeOf(entry), { mode: 0o700 });
        folders.push(entry);
        counts.folders++;
      } else {
        counts.bytes += await saveFile(reader, entry, placeOf(entry), { ...options, facts });
        counts.files++;
      }
    } catch (error) {
      if (!isNameRefusal(error)) throw saveFailed(error, entry.path);
      skipped.push({ path: entry.path, reason: `this machine does not take the name: ${String(error.code)}` });
      if (entry.kind === "folder") unmade.add(entry.path);
    }
  }
  for (const link of links) {
    try {
      await symlink(encodeName(link.linkTarget ?? ""), placeOf(link));
      await facts.give(link, placeOf(link));
      counts.links++;
    } catch (error) {
      if (!isNameRefusal(error)) throw saveFailed(error, link.path);
      skipped.push({ path: link.path, reason: `this machine does not take the link: ${String(error.code)}` });
    }
  }
  // the deepest first: what is made in a folder changes its time, and its mode may forbid to make anything
  for (const folder of folders.reverse()) await facts.give(folder, placeOf(folder));
  return { to, ...counts, skipped, savedWithout: without.all };
}

async function make(to: string): Promise<void> {
  try {
    await mkdir(to, { mode: 0o700 });
  } catch (error) {
    throw saveFailed(error, to);
  }
}

function refusal(entry: FileEntry, unmade: ReadonlySet<string>): string | undefined {
  if (!isPlainName(entry.name)) return "the name can be none";
  // what separates folders and drives on this machine would lead out of the folder
  if (process.platform === "win32" && /[\\:]/.test(entry.name)) return "this machine does not take the name";
  const parent = entry.path.slice(0, Math.max(0, entry.path.length - entry.name.length - 1));
  if (unmade.has(parent)) return "its folder was not saved";
  return entry.kind === "file" || entry.kind === "folder" || entry.kind === "link" ? undefined : `a ${entry.kind} is not made on this machine; a tar holds it`;
}

async function saveFile(reader: FileSystemReader, entry: FileEntry, place: Buffer, { facts, ...options }: CallOptions & { readonly facts: FactsGiver }): Promise<number> {
  const file = await open(place, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    const ranges = (await reader.dataRanges?.(entry.path, options)) ?? [{ start: 0, end: entry.sizeBytes }];
    for (const { start, end } of ranges) {
      let position = start;
      for await (const piece of reader.read(entry.path, { ...options, start, end })) {
        for (let done = 0; done < piece.length; ) done += (await file.write(piece, done, piece.length - done, position + done)).bytesWritten;
        position += piece.length;
      }
    }
    await file.truncate(entry.sizeBytes);
  } finally {
    await file.close();
  }
  await facts.give(entry, place);
  return entry.sizeBytes;
}

function isNameRefusal(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && nameRefusals.includes(String(error.code));
}

function saveFailed(error: unknown, path: string): unknown {
  if (HoldfastError.isInstance(error) || !(error instanceof Error) || !("code" in error)) return error;
  const code = String(error.code);
  const remedy = code === "EEXIST" ? "Name a folder that is not there yet." : "What was saved before stays there.";
  return new ProviderError(`"${path}" could not be saved: ${error.message}. ${remedy}`, { code: code === "ENOSPC" ? "NoSpace" : code === "EEXIST" ? "FolderExists" : "SaveFailed", service: "directory", operation: "save", awsCode: code, cause: error });
}
