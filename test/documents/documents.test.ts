import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { anchorsOf, linksOf, project, readDocuments, trimmed, type Document } from "./documents.js";

const documents = await readDocuments();
const byPath = new Map(documents.map((document) => [document.path, document]));

function pageOf(path: string): Document {
  const page = byPath.get(path);
  if (page === undefined) throw new Error(`There is no page ${path}.`);
  return page;
}

describe("the documents", () => {
  it("link to files and headings that are there", async () => {
    const broken: string[] = [];
    for (const document of documents) {
      for (const { at, target, anchor } of linksOf(document)) {
        const isThere = await stat(join(project, target)).then(
          () => true,
          () => false,
        );
        if (!isThere) broken.push(`${at}: ${target} is not there`);
        const page = byPath.get(target);
        if (anchor !== undefined && page !== undefined && !anchorsOf(page).has(anchor)) broken.push(`${at}: ${target} has no heading #${anchor}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it("show lines of the files that they name", async () => {
    const quotes = documents.flatMap(({ blocks }) => blocks).filter(({ file }) => file !== undefined);
    expect(quotes.length).toBeGreaterThan(10);
    for (const { path, line, file = "", lines } of quotes) {
      const source = trimmed((await readFile(join(project, file), "utf8")).split("\n"));
      expect(source.includes(trimmed(lines)), `${path}:${String(line)} is no longer in ${file}`).toBe(true);
    }
  });

  it("are all in one of the two indexes, and in the site", async () => {
    const site = JSON.parse(await readFile(join(project, "typedoc.json"), "utf8")) as { readonly projectDocuments: readonly string[] };
    const indexes = ["docs/guides/README.md", "docs/README.md"];
    expect(site.projectDocuments).toEqual(indexes);
    for (const index of indexes) {
      const folder = join(index, "..");
      const pages = (await readdir(join(project, folder))).filter((name) => name.endsWith(".md") && name !== "README.md").sort();
      const { text } = pageOf(index);
      const named = [...text.matchAll(/^ {2}.+: \.\/(\S+\.md)$/gm)].map(([, name = ""]) => name);
      expect(named.filter((name) => !name.startsWith("decisions/")).sort(), `children of ${index}`).toEqual(pages);
      for (const name of pages) expect(text, `${index} should link to ${name}`).toContain(`](${name})`);
    }
  });

  it("name errors that the engine raises", async () => {
    const files = (await readdir(join(project, "src"), { recursive: true })).filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.startsWith("local/"));
    const source = (await Promise.all(files.map(async (path) => await readFile(join(project, "src", path), "utf8")))).join("\n");
    const codes = [...pageOf("docs/guides/troubleshooting.md").text.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) => [...cell.matchAll(/`(\w+)`/g)].map(([, code = ""]) => code));
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !source.includes(`"${code}"`))).toEqual([]);
  });

  it("begin, in the README, with the two commands that are run in a clean clone", () => {
    const commands = pageOf("README.md").blocks.filter(({ language }) => language === "sh");
    expect(commands.map(({ lines }) => lines.join("\n"))).toEqual(["npm ci && npm run quickstart", "npm ci && npm test"]);
  });
});
