import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { CloudState } from "../../../src/local/cloud-state.js";
import { RecordStore } from "../../../src/local/blocks/record-store.js";
import { IamStore } from "../../../src/local/iam/iam-store.js";
import { KmsStore } from "../../../src/local/kms/kms-store.js";
import { Journal } from "../../../src/local/s3/storage/journal.js";
import { TopicStore } from "../../../src/local/sns/topic-store.js";
import type { FuzzTarget } from "../target.js";

// The files of a local cloud's directory, as a machine that lost its power or a disk that lost its bits leaves them: what is cut short goes on, what is damaged is told.

let home: Promise<string> | undefined;

/** An empty folder, by the same name for each input: what is told names it. */
async function inFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = join(await (home ??= mkdtemp(join(tmpdir(), "holdfast-fuzz-"))), "cloud");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  return await use(folder);
}

async function close(): Promise<void> {
  if (home !== undefined) await rm(await home, { recursive: true, force: true });
  home = undefined;
}

const isDamage = (error: unknown): boolean => error instanceof Error && /is damaged|damaged record|was not written by this version/.test(error.message);
const sum = (text: string): string => crc32(text).toString(16).padStart(8, "0");
const lines = (...records: readonly unknown[]): Buffer => Buffer.from(records.map((record) => `${sum(JSON.stringify(record))} ${JSON.stringify(record)}\n`).join(""));
const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));

/** Documents and how each is opened; an input's first byte says which. */
const documents: readonly [name: string, seed: object, open: (folder: string) => Promise<unknown>][] = [
  ["cloud.json", { formatVersion: 1, tokenKey: "AAAA", clockOffsetMs: 0, accounts: { "111122223333": { accessKeyId: "a", secretAccessKey: "b" } } }, async (folder) => await Promise.resolve(CloudState.open(folder).accountKey("111122223333"))],
  ["iam/111122223333.json", { roles: [{ roleName: "A", path: "/", arn: "a", inlinePolicies: {}, attachedPolicyArns: [], tags: {} }], instanceProfiles: [{ profileName: "B", arn: "b" }], policies: [{ arn: "c" }] }, async (folder) => (await IamStore.open(join(folder, "iam"))).findRole("111122223333", "a")?.roleName],
  ["kms/111122223333.json", { formatVersion: 1, keys: [{ keyId: "k" }], aliases: [{ name: "alias/a" }] }, async (folder) => (await KmsStore.open(join(folder, "kms"))).account("111122223333").keys.size],
  ["sns/111122223333.json", { formatVersion: 1, topics: ["arn:aws:sns:eu-west-1:111122223333:a"], messages: [{ messageId: "m", topicArn: "arn:aws:sns:eu-west-1:111122223333:a", message: "b", attributes: {}, publishedAt: "2026-11-24T02:00:00.000Z" }] }, async (folder) => (await TopicStore.open(join(folder, "sns"))).topics("111122223333", "eu-west-1").length],
];

export const cloudFileTargets: readonly FuzzTarget[] = [
  {
    name: "cloud-records",
    seeds: () => [lines([["volumes", "vol-1", { a: 1 }], ["volumes", "vol-2", null]], [["snapshots", "snap-1", { b: 2 }]])],
    run: async (input) =>
      await inFolder(async (folder) => {
        const path = join(folder, "records");
        await writeFile(path, input);
        const first = RecordStore.open(path);
        const before = JSON.stringify([...first.table("volumes").entries()]);
        first.commit([{ table: "volumes", id: "new", value: { c: 3 } }]);
        first.close();
        const again = RecordStore.open(path);
        if (again.table("volumes").get("new") === undefined) throw new Error("what was committed is lost");
        again.close();
        return String(Math.min(4, before.length));
      }),
    isRefusal: isDamage,
    tokens: ["\n", " ", "00000000 ", "null"],
    close,
  },
  {
    name: "cloud-journal",
    seeds: () => [lines({ a: 1 }, { b: 2 }, { c: [3] })],
    run: async (input) =>
      await inFolder(async (folder) => {
        await writeFile(join(folder, "journal-1.log"), input);
        const records: object[] = [];
        const options = { directory: folder, isDurable: false, apply: (record: object) => void records.push(record), snapshot: () => records, beforeWrite: () => Promise.resolve(), afterWrite: () => Promise.resolve() };
        const journal = await Journal.open<object>(options);
        await journal.append({ last: true });
        await journal.close();
        const written = records.splice(0);
        await (await Journal.open<object>(options)).close();
        if (JSON.stringify(records) !== JSON.stringify(written)) throw new Error("after a restart other records are there");
        return String(Math.min(4, records.length));
      }),
    isRefusal: isDamage,
    tokens: ["\n", " ", "00000000 ", "{}"],
    close,
  },
  {
    name: "cloud-documents",
    isJson: true,
    seeds: () => documents.map(([name, seed]) => json({ [name]: seed })),
    run: async (input) =>
      await inFolder(async (folder) => {
        for (const [name, , open] of documents) {
          const file = fileIn(input, name);
          if (file === undefined) continue;
          await mkdir(join(folder, name, ".."), { recursive: true });
          await writeFile(join(folder, name), file);
          await open(folder);
          return `${name} taken`;
        }
        return "no file";
      }),
    isRefusal: isDamage,
    tokens: ["{", "}", "[", "null", '"roles"', '"keys"'],
    close,
  },
];

/** A file is what stands in the input by its name: a document, or the bytes of an input that is none. */
function fileIn(input: Buffer, name: string): string | undefined {
  const text = input.toString("utf8");
  try {
    const files = JSON.parse(text) as unknown;
    if (typeof files !== "object" || files === null || !Object.hasOwn(files, name)) return undefined;
    return JSON.stringify((files as Readonly<Record<string, unknown>>)[name]);
  } catch {
    return text.includes(name) ? text.slice(text.indexOf(name) + name.length + 2) : undefined;
  }
}
