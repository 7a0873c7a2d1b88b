import { appendFile, copyFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal } from "./journal.js";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "holdfast-journal-"));
});
afterEach(() => rm(directory, { recursive: true }));

interface Opened {
  readonly journal: Journal<string>;
  readonly records: string[];
}

async function open(at = directory, snapshot?: () => string[]): Promise<Opened> {
  const records: string[] = [];
  const nothing = () => Promise.resolve();
  const journal = await Journal.open<string>({
    directory: at,
    isDurable: true,
    apply: (record) => records.push(record),
    snapshot: snapshot ?? (() => records),
    beforeWrite: nothing,
    afterWrite: nothing,
  });
  return { journal, records };
}

describe("a journal", () => {
  it("gives back its records in order, those written at the same time too", async () => {
    const first = await open();
    const names = Array.from({ length: 100 }, (_, at) => `record ${at} é`);
    await Promise.all(names.map((name) => first.journal.append(name)));
    expect(first.records).toEqual(names);
    await first.journal.close();
    const second = await open();
    expect(second.records).toEqual(names);
    await second.journal.close();
  });

  it("gives a prefix of its records wherever a killed process cut it off, and goes on from there", async () => {
    const whole = await open();
    const names = ["one", "two é", "three"];
    for (const name of names) await whole.journal.append(name);
    await whole.journal.close();
    const source = join(directory, "journal-1.log");
    const { length } = await readFile(source);
    const cutDirectory = await mkdtemp(join(tmpdir(), "holdfast-journal-cut-"));
    try {
      for (let size = 0; size <= length; size++) {
        const target = join(cutDirectory, "journal-1.log");
        await copyFile(source, target);
        await truncate(target, size);
        const cut = await open(cutDirectory);
        expect(cut.records).toEqual(names.slice(0, cut.records.length));
        const before = [...cut.records];
        await cut.journal.append("after");
        await cut.journal.close();
        const again = await open(cutDirectory);
        expect(again.records).toEqual([...before, "after"]);
        await again.journal.close();
      }
    } finally {
      await rm(cutDirectory, { recursive: true });
    }
  });

  it("refuses to open when a record before its end is damaged", async () => {
    const { journal } = await open();
    for (const name of ["one", "two", "three"]) await journal.append(name);
    await journal.close();
    const path = join(directory, "journal-1.log");
    const bytes = await readFile(path);
    bytes[12] = (bytes[12] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await expect(open()).rejects.toThrow(/damaged at byte 0/);
  });

  it("is rewritten when it has grown, and passes over a rewrite that was never finished", async () => {
    let latest = "";
    const first = await open(directory, () => [latest]);
    for (let at = 0; at < 12; at++) {
      const record = `${at} ${"x".repeat(1024 * 1024)}`;
      latest = record;
      await first.journal.append(record);
    }
    await first.journal.close();
    expect(await readdir(directory)).toEqual(["journal-2.log"]);
    expect((await readFile(join(directory, "journal-2.log"))).length).toBeLessThan(6 * 1024 * 1024);
    await writeFile(join(directory, "journal.tmp"), "half a rewr");
    // A process killed between the rename and the removal leaves the old file beside the new one.
    await appendFile(join(directory, "journal-1.log"), "old");
    const second = await open();
    expect(second.records.at(-1)?.startsWith("11 ")).toBe(true);
    await second.journal.close();
  });
});
