import { getAttribute } from "@napi-rs/xattr";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FileEntry } from "./file-entry.js";
import { FactsGiver } from "./give-back.js";
import { SavedWithoutTally, type SavedWithout } from "./saved-without.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-test-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function give(entry: Partial<FileEntry>, place = join(folder, "file")): Promise<readonly SavedWithout[]> {
  const tally = new SavedWithoutTally();
  await writeFile(place, "content", { mode: 0o600 });
  await new FactsGiver(tally).give({ path: "etc/file", name: "file", kind: "file", sizeBytes: 7, ...entry }, Buffer.from(place));
  return tally.all;
}

describe("what a saved file had in the image", () => {
  it("is given back where that is allowed, and told where not", async () => {
    const place = join(folder, "given");
    const without = await give({ mode: 0o640, modifiedAt: new Date("2020-02-02T02:02:02Z"), extendedAttributes: { "user.note": Buffer.from("hello").toString("base64") } }, place);
    const facts = await stat(place);
    expect(facts.mode & 0o7777).toBe(0o640);
    expect(facts.mtime).toEqual(new Date("2020-02-02T02:02:02Z"));
    // not every file system of a machine has attributes
    if (without.length === 0) expect(Buffer.from((await getAttribute(place, "user.note")) ?? []).toString()).toBe("hello");
    else expect(without).toEqual([{ what: "extended attribute", reason: expect.stringContaining("user.note") as string, files: 1, examples: ["etc/file"] }]);
  });

  it("and is for another machine alone, or names what cannot be named, is told", async () => {
    expect(await give({ extendedAttributes: { "security.selinux": "", "security.ima": "" } })).toMatchObject([{ what: "extended attribute", reason: /^security\.selinux is for the machine/ }, { reason: /^security\.ima/ }].map(({ reason, ...more }) => ({ ...more, reason: expect.stringMatching(reason) as string })));
    expect(await give({ extendedAttributes: { "user.\udcff": "" } })).toMatchObject([{ reason: expect.stringContaining("no UTF-8") as string }]);
    const [refused] = await give({ extendedAttributes: { "system.posix_acl_default": Buffer.from("no list").toString("base64") } });
    expect(refused).toMatchObject({ what: "access list", files: 1 });
  });

  it("in many files is told in a few lines", () => {
    const tally = new SavedWithoutTally();
    for (let file = 0; file < 1_000; file++) for (let times = 0; times < 2; times++) tally.note("owner", `file ${String(file)}`, "only root may");
    tally.note("mode", "file 1", "only root may");
    expect(tally.all).toMatchObject([{ what: "owner", files: 1_000 }, { what: "mode", files: 1, examples: ["file 1"] }]);
    expect(tally.all[0]?.examples).toHaveLength(10);
  });
});
