import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

/** A fenced block of a document. */
export interface Block {
  readonly path: string;
  /** Where its first line stands in the document, counted from 1. */
  readonly line: number;
  /** The first word after the fence: `ts`. */
  readonly language: string;
  /** The file of the project whose lines these are, as `file=...` after the language says. */
  readonly file: string | undefined;
  readonly lines: readonly string[];
}

/** A page in Markdown, its fenced blocks apart. */
export interface Document {
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** The page with nothing in place of code: line for line what links are looked for in. */
  readonly prose: readonly string[];
}

export const project = fileURLToPath(new URL("../..", import.meta.url));

/** All pages that somebody reads. */
export async function readDocuments(): Promise<Document[]> {
  const inDocs = (await readdir(join(project, "docs"), { recursive: true })).map((path) => posix.join("docs", path)).filter((path) => path.endsWith(".md") && !path.startsWith("docs/reference/"));
  const paths = ["README.md", "SECURITY.md", "CHANGELOG.md", "bench/README.md", "examples/README.md", ...inDocs.sort()];
  return await Promise.all(paths.map(readDocument));
}

export async function readDocument(path: string): Promise<Document> {
  const text = await readFile(join(project, path), "utf8");
  const blocks: Block[] = [];
  const outside: string[] = [];
  let open: { readonly line: number; readonly language: string; readonly file: string | undefined; readonly lines: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^\s*```(\S*)(?:\s+file=(\S+))?\s*$/.exec(line);
    outside.push(open === undefined && fence === null ? line : "");
    if (open === undefined && fence === null) continue;
    if (open === undefined) open = { line: index + 2, language: fence?.[1] ?? "", file: fence?.[2], lines: [] };
    else if (fence === null) open.lines.push(line);
    else {
      blocks.push({ path, ...open });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${path}:${String(open.line)}: the block has no end.`);
  // code within a paragraph may go on in the next line
  const prose = outside.join("\n").replaceAll(/(`+)(?:(?!\n\s*\n)[^])+?\1/g, (code) => "\n".repeat(code.split("\n").length - 1));
  return { path, text, blocks, prose: prose.split("\n") };
}

/** The anchors of a page, as GitHub makes them of its headings. */
export function anchorsOf({ text }: Document): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of text.matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-");
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${String(count)}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The links of a page that lead to files of the project. */
export function* linksOf({ path, prose }: Document): Generator<{ readonly at: string; readonly target: string; readonly anchor: string | undefined }> {
  for (const [index, line] of prose.entries()) {
    for (const [, link = ""] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [file = "", anchor] = link.split("#");
      yield { at: `${path}:${String(index + 1)}`, target: file === "" ? path : posix.normalize(posix.join(posix.dirname(path), file)), anchor };
    }
  }
}

/** The same lines without what stands before and after them, and without empty ones: a document indents as it likes. */
export function trimmed(lines: readonly string[]): string {
  return lines.map((line) => line.trim()).filter((line) => line !== "").join("\n");
}
