import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { project, type Block } from "./documents.js";

/** The examples in the docstrings of the source, as blocks. */
export async function readExamples(): Promise<Block[]> {
  const paths = (await readdir(join(project, "src"), { recursive: true })).map((path) => posix.join("src", path)).filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));
  return (await Promise.all(paths.sort().map(examplesOf))).flat();
}

async function examplesOf(path: string): Promise<Block[]> {
  const blocks: Block[] = [];
  let lines: string[] | undefined;
  for (const [index, line] of (await readFile(join(project, path), "utf8")).split("\n").entries()) {
    if (/^\s*\* @example\s*$/.test(line)) {
      lines = [];
      blocks.push({ path, line: index + 2, language: "ts", file: undefined, lines });
    } else if (/^\s*\*\/|^\s*\* @\w/.test(line)) lines = undefined;
    // a fence is kept as an empty line, so that all others stay where they are
    else lines?.push(line.replace(/^\s*\* ?/, "").replace(/^```.*$/, ""));
  }
  return blocks;
}
