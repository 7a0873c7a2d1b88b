/**
 * What dependency-cruiser found, from standard input: its broken rules, folders that need each other, and whether docs/architecture.md has the folders' pictures as the imports
 * are. `npm run layers` checks; `npm run architecture` draws the pictures anew.
 */
import { readFile, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { format, type ICruiseResult } from "dependency-cruiser";
import { drawGraph, findCycle, folderGraph, withoutDetours, type FolderGraph, type Import } from "./folder-graph.js";

const page = "docs/architecture.md";
/** Of the repository, the facade and the context that its parts are given lie in the folder itself, and are not drawn. */
const pictures = [
  { name: "src", root: "src/", named: ["index.ts"], without: ["local", "testing"] },
  { name: "src/repository", root: "src/repository/", named: [], without: [] },
];

const result = JSON.parse(await text(process.stdin)) as ICruiseResult;
const { output, exitCode } = await format(result, { outputType: "err" });
process.stdout.write(typeof output === "string" ? output : JSON.stringify(output));
process.exitCode = exitCode;

const imports = result.modules.filter(({ source }) => !source.endsWith(".test.ts")).flatMap(({ source, dependencies }): Import[] => dependencies.map(({ resolved }) => ({ from: source, to: resolved })));
const before = await readFile(page, "utf8");
let after = before;
for (const { name, root, named, without } of pictures) {
  const graph: FolderGraph = new Map([...folderGraph(imports, root, named)].filter(([folder]) => !without.includes(folder)));
  const cycle = findCycle(graph);
  if (cycle !== undefined) fail(`Folders of ${name} need each other: ${cycle.join(" -> ")}. Move what both need below them.`);
  else after = after.replace(new RegExp(`(<!-- folders of ${name} -->\n)[^]*?(<!-- end -->)`), (_, begin: string, end: string) => `${begin}\`\`\`mermaid\n${drawGraph(withoutDetours(graph))}\n\`\`\`\n${end}`);
}
if (process.argv.includes("--write")) await writeFile(page, after);
else if (after !== before) fail(`${page} does not show the folders as they are: npm run architecture.`);

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
