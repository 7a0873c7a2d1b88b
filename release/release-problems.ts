import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

interface Manifest {
  readonly version: string;
  readonly private?: boolean;
  readonly repository?: { readonly url?: string };
}

/** Why the project as it lies in `folder` cannot be published; nothing where it can. */
export async function releaseProblems(folder: string): Promise<string[]> {
  const { version, private: isPrivate, repository } = await readJson<Manifest>(folder, "package.json");
  const { version: lockedVersion } = await readJson<Pick<Manifest, "version">>(folder, "package-lock.json");
  const changes = await git(folder, "status", "--porcelain");
  const tags = (await git(folder, "tag", "--points-at", "HEAD")).split("\n");
  const changelog = await readFile(join(folder, "CHANGELOG.md"), "utf8");
  const problems: [boolean, string][] = [
    [changes !== "", `There are changes that are not committed, and would be published unseen:\n${changes}`],
    [!tags.includes(`v${version}`), `The commit has no tag v${version}: git tag -s v${version}, or set the version that its tag names (npm version).`],
    [lockedVersion !== version, `package-lock.json has the version ${lockedVersion}, package.json ${version}: npm install --package-lock-only.`],
    [!hasEntry(changelog, version), `CHANGELOG.md says nothing under "## ${version}": what is unreleased becomes that version's.`],
    [repository?.url === undefined, "package.json names no repository.url: provenance says of which repository a package was built, and npm compares the two."],
    [isPrivate === true, "package.json says that the package is private."],
  ];
  return problems.flatMap(([is, problem]) => (is ? [problem] : []));
}

/** A heading of the version, with a date or without, and a line of its own below it. */
function hasEntry(changelog: string, version: string): boolean {
  const section = changelog.split(/^## /m).find((text) => text.split(/[\s\n]/, 1)[0] === version);
  return section !== undefined && /^- \S/m.test(section);
}

async function git(folder: string, ...arguments_: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("git", [...arguments_], { cwd: folder });
  return stdout.trim();
}

async function readJson<Content>(folder: string, name: string): Promise<Content> {
  return JSON.parse(await readFile(join(folder, name), "utf8")) as Content;
}
