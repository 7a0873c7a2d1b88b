import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("./corpus/", import.meta.url));
/** What is kept is small: the whole corpus has less than 1 MiB. */
const maxKeptBytes = 1_024;
/** Of one parser: where refusals repeat what they were given, outcomes are without number. */
const maxKept = 24;

/** The kept inputs of a parser, in the order of their names. */
export async function readCorpus(parser: string): Promise<Buffer[]> {
  try {
    const names = (await readdir(`${folder}${parser}`)).sort();
    return await Promise.all(names.map(async (name) => await readFile(`${folder}${parser}/${name}`)));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

/** Keeps an input, under the hash of its bytes; none that is larger, and none of a parser that has enough of them. */
export async function keepInCorpus(parser: string, input: Buffer): Promise<void> {
  if (input.length > maxKeptBytes) return;
  await mkdir(`${folder}${parser}`, { recursive: true });
  if ((await readdir(`${folder}${parser}`)).length >= maxKept) return;
  await writeFile(`${folder}${parser}/${createHash("sha256").update(input).digest("hex").slice(0, 16)}`, input);
}
