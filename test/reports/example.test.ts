import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeReports } from "../../examples/reports/write-reports.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-reports-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

it("the example writes the three reports of what happened on a local cloud", async () => {
  const paths = await writeReports(folder, 3);
  const [session, policy, coverage] = await Promise.all([paths.session, paths.policy, paths.coverage].map(async (path) => await readFile(path, "utf8")));
  expect(session).toContain("Partly failed");
  expect(session).toContain("ec2:CreateSnapshot");
  expect(session).toMatch(/ebs:GetSnapshotBlock<\/td><td>eu-west-1<\/td><td class="n">\d/);
  expect(policy).toContain("2 of 3");
  expect(coverage).toContain("scratch &lt;script&gt;alert(1)&lt;/script&gt;");
  expect(coverage).toContain('class="lock"');
});
