import { describe, expect, it } from "vitest";
import { archiveAndThaw } from "../examples/archive-and-thaw.js";
import { costs } from "../examples/costs.js";
import { customObjectStore, ProcessStore } from "../examples/custom-object-store.js";
import { firstBackup } from "../examples/first-backup.js";
import { gettingStarted } from "../examples/getting-started.js";
import { immutableRepository } from "../examples/immutable-repository.js";
import { policiesAsCode } from "../examples/policies-as-code.js";
import { recoverAnywhere } from "../examples/recover-anywhere.js";
import { retentionByExample } from "../examples/retention-by-example.js";
import { service } from "../examples/service/main.js";
import { threeAccounts } from "../examples/three-accounts.js";
import type { Job } from "../examples/service/backup-service.js";
import { objectStoreConformance } from "../src/testing/index.js";
import { readDocument } from "./documents/documents.js";

type Print = (line: string) => void;

/** What an example prints, with ids that change from run to run left out. */
async function printed(example: (print: Print) => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  await example((line) => lines.push(line.replace(/\b(?:vol|snap|i)-[0-9a-f]+/g, "<id>")));
  return lines;
}

/** Tables among the lines, each as the text that it is in a page. */
function tablesOf(lines: readonly string[]): string[] {
  return [...`${lines.join("\n")}\n`.matchAll(/(?:^\|.*\n)+/gm)].map(([table]) => table);
}

describe("the examples", () => {
  it("getting started: a full backup, an increment of one block, and the first state in a file", async () => {
    expect(await printed(gettingStarted)).toEqual(["full: 1 blocks read", "incremental: 1 blocks read", "2 restore points", "restored: good morning"]);
  });

  it("recover anywhere: restores in another region by the recovery key alone, and takes the repository over", async () => {
    const lines = await printed(recoverAnywhere);
    expect(lines[0]).toBe("opened as owner");
    expect(lines[1]).toMatch(/^a restore needs: .*ebs:StartSnapshot/);
    expect(lines[2]).toBe("restored in eu-north-1: every byte");
    expect(lines.slice(3).sort()).toEqual(["key slot: passphrase, owner, new machine", "key slot: recovery, owner, in the safe"]);
  });

  it.each([
    ["retention by example", retentionByExample, "docs/guides/retention-by-example.md", 7],
    ["costs", costs, "docs/guides/costs.md", 2],
  ])("%s: prints the tables of its guide", async (_name, example, path, count) => {
    const tables = tablesOf(await printed(example));
    expect(tables).toHaveLength(count);
    expect(tablesOf((await readDocument(path)).text.split("\n"))).toEqual(tables);
  });

  it("first backup: restores the first of two points", async () => {
    expect(await printed(firstBackup)).toEqual([
      "first run: full, 40 blocks stored",
      expect.stringMatching(/^point:committed \d{12}\/eu-west-1\/<id>$/),
      "second run: incremental, 1 blocks stored",
      "<id> is the volume as it was at first: yes",
    ]);
  });

  it("immutable repository: loses nothing to an attack", async () => {
    expect(await printed(immutableRepository)).toEqual([
      "locked until it may go: every object",
      expect.stringMatching(/^removed for good by the attacker: \d+ objects$/),
      "restored from under the attack: every byte",
      expect.stringMatching(/^recovered: whole, [1-9]\d* delete markers and [1-9]\d* false versions removed$/),
      "verified: healthy",
    ]);
  });

  it("archive and thaw: restores from Deep Archive after the wait", async () => {
    const lines = await printed(archiveAndThaw);
    expect(lines[0]).toBe("in the archive: 20 blocks");
    expect(lines.slice(1, -2).map((line) => line.replace(/\$[\d.]+$/, "$"))).toEqual(["thaw of 1 packs, standard: 12 hours, $", "thaw of 1 packs, bulk: 48 hours, $"]);
    expect(lines.slice(-2)).toEqual(["asked for 1 packs", "restored from the archive: every byte"]);
  });

  it("policies as code: says what a change would remove before it does", async () => {
    expect(await printed(policiesAsCode)).toEqual([
      expect.stringMatching(/^refused: .*schedule\.daily\.hours/),
      // the clocks went back in the night to the 25th: two o'clock in Oslo comes first in summer time
      "next run: 2026-10-25T00:00:00.000Z daily, weekly",
      "next run: 2026-10-26T01:00:00.000Z daily",
      "next run: 2026-10-27T01:00:00.000Z daily",
      "a run would back up: 1 volume",
      expect.stringMatching(/^changed: backup\.retention/),
      expect.stringMatching(/^changed: backup\.retention/),
      "would be removed by the change: 2 points",
    ]);
  });

  it("three accounts: each role can do its own work alone", async () => {
    const lines = await printed(threeAccounts);
    expect(lines.filter((line) => line.startsWith("role "))).toHaveLength(6);
    expect(lines.slice(6)).toEqual(["backed up from 111122223333", "restored: every byte", expect.stringMatching(/^the backup role cannot restore: (?:UnauthorizedOperation|AccessDenied)/)]);
  });

  it("custom object store: holds a repository", async () => {
    const lines = await printed(customObjectStore);
    expect(lines.at(-1)).toBe("restored: every byte");
    expect(lines.some((line) => line.startsWith("packs: "))).toBe(true);
  });

  it("service: starts a run, streams what happens, and lists the job", async () => {
    await service(
      () => undefined,
      async (url) => {
        const started = (await (await fetch(`${url}/policies/gold/runs`, { method: "POST" })).json()) as Job;
        const events = await (await fetch(`${url}/jobs/${started.id}/events`)).text();
        expect(events).toMatch(/event: session:started[^]*event: point:committed[^]*event: session:ended/);
        const jobs = (await (await fetch(`${url}/jobs`)).json()) as Job[];
        expect(jobs).toMatchObject([{ id: started.id, policy: "gold", state: "succeeded", points: [expect.any(String)] }]);
        expect(Object.values(jobs[0]?.progress ?? {})).toEqual([1]);
        expect((await fetch(`${url}/policies/silver/runs`, { method: "POST" })).status).toBe(404);
        // a page of another site, in a browser on this machine
        expect((await fetch(`${url}/policies/gold/runs`, { method: "POST", headers: { origin: "https://example.com" } })).status).toBe(403);
      },
    );
  });
});

describe("the example of a custom store", () => {
  objectStoreConformance({ test: it, open: () => Promise.resolve(new ProcessStore()) });
});
