import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { releaseProblems } from "../../release/release-problems.js";

let folder: string;
const git = (...given: readonly string[]): unknown => execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main", ...given], { cwd: folder, stdio: "pipe" });
const write = async (name: string, content: unknown): Promise<void> => {
  await writeFile(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
};

/** A project that can be published. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-release-"));
  await write("package.json", { version: "1.2.3", repository: { url: "git+https://example.com/holdfast.git" } });
  await write("package-lock.json", { version: "1.2.3" });
  await write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n## 1.2.3 (2026-12-01)\n\n- It is there.\n\n## 1.2.2\n");
  git("init", "-q");
  git("add", "-A");
  git("commit", "-q", "-m", "A release");
  git("tag", "v1.2.3");
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

it("finds nothing wrong with a clean, tagged commit whose changelog has its version", async () => {
  expect(await releaseProblems(folder)).toEqual([]);
});

it("refuses what is not committed", async () => {
  await write("forgotten.ts", "export {};");
  expect(await releaseProblems(folder)).toEqual([expect.stringContaining("?? forgotten.ts")]);
});

it("refuses a commit without the version's tag", async () => {
  git("commit", "-q", "--allow-empty", "-m", "One more");
  expect(await releaseProblems(folder)).toEqual([expect.stringContaining("has no tag v1.2.3")]);
});

it("refuses versions of which the changelog says nothing, that the lockfile does not have, and packages without a repository", async () => {
  await write("package.json", { version: "1.2.2" });
  git("commit", "-q", "-a", "-m", "Another version");
  git("tag", "v1.2.2");
  expect(await releaseProblems(folder)).toEqual([expect.stringContaining("package-lock.json has the version 1.2.3"), expect.stringContaining('nothing under "## 1.2.2"'), expect.stringContaining("repository.url")]);
});
