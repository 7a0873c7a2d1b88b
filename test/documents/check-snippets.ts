import { readFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import { readExamples } from "./docstrings.js";
import { project, readDocuments, type Block } from "./documents.js";

// Type-checks every block of TypeScript in the documents, and every example in a docstring, as a user's code: `npm run docs` begins with it.

const returnOutside = 1108;
const given = join(project, "test/documents/given.ts");
const entries = { holdfast: "index", "holdfast/local": "local", "holdfast/object-store": "object-store", "holdfast/testing": "testing" } as const;

/** A block as a module. What holdfast exports and the block does not import is imported before its first line, so that lines stay where they are. */
function moduleOf({ lines }: Block, exported: readonly (readonly [entry: string, name: string, isType: boolean])[]): string {
  const text = lines.join("\n");
  const imported = new Set([...text.matchAll(/import (?:type )?\{([^}]*)\}/g)].flatMap(([, names = ""]) => names.split(",").map((name) => name.replace(/^\s*type /, "").trim())));
  // of a name that several entries or lines have, the first: a class stands before a type
  const missing = exported.filter(([, name], at) => exported.findIndex(([, other]) => other === name) === at && !imported.has(name) && new RegExp(`(?<![\\w.$"'])${name}\\b(?!\\s*[:"'])`).test(text));
  return `${missing.map(([entry, name, isType]) => `import { ${isType ? "type " : ""}${name} } from "${entry}"; `).join("")}export {}; ${text}\n`;
}

async function exportsOf(entry: string, listing: string): Promise<(readonly [string, string, boolean])[]> {
  const lines = (await readFile(join(project, `test/public-api/${listing}.api.txt`), "utf8")).trim().split("\n");
  return lines.map((line) => {
    const [kind, name = ""] = line.split(" ");
    return [entry, name, kind === "type"] as const;
  });
}

const exported = (await Promise.all(Object.entries(entries).map(async ([entry, listing]) => await exportsOf(entry, listing)))).flat();
const inDocuments = (await readDocuments()).flatMap((document) => document.blocks).filter(({ language, file }) => language === "ts" && file === undefined);
const inDocstrings = await readExamples();
const blocks = [...inDocuments, ...inDocstrings];
const modules = new Map(blocks.map((block) => [join(project, `${block.path}.${String(block.line)}.ts`), { block, text: moduleOf(block, exported) }]));

const { config } = ts.readConfigFile(join(project, "tsconfig.json"), (path) => ts.sys.readFile(path)) as { readonly config: object };
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, project);
const host = ts.createCompilerHost(options);
const readFromDisk = host.getSourceFile.bind(host);
const isOnDisk = host.fileExists.bind(host);
host.getSourceFile = (path, ...rest) => {
  const text = modules.get(path)?.text;
  return text === undefined ? readFromDisk(path, ...rest) : ts.createSourceFile(path, text, rest[0], true);
};
host.fileExists = (path) => modules.has(path) || isOnDisk(path);

const program = ts.createProgram([given, ...modules.keys()], { ...options, noUnusedLocals: false, noUnusedParameters: false, noEmit: true }, host);
const wrong: string[] = [];
for (const [path, { block }] of modules) {
  const source = program.getSourceFile(path);
  if (source === undefined) throw new Error(`${path} was not read.`);
  for (const { start = 0, code, messageText } of [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]) {
    // an example may be the inside of a function
    if (code === returnOutside) continue;
    const { line } = source.getLineAndCharacterOfPosition(start);
    wrong.push(`${block.path}:${String(block.line + line)}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
  }
}
for (const line of wrong) process.stderr.write(`${line}\n`);
process.stdout.write(`${String(inDocuments.length)} blocks of TypeScript in the documents, ${String(inDocstrings.length)} examples in docstrings, ${String(wrong.length)} errors\n`);
if (wrong.length > 0) process.exitCode = 1;
