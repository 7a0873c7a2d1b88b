import ts from "typescript";
import { entries } from "./source-program.js";

const packageNames: Readonly<Record<(typeof entries)[number], string>> = { "src/index.ts": "holdfast", "src/local/index.ts": "holdfast/local", "src/object-store/index.ts": "holdfast/object-store", "src/testing/index.ts": "holdfast/testing" };

interface Group {
  readonly title: string;
  readonly values: string[];
  readonly types: string[];
}

/** docs/public-names.md: every public name of the package, in the groups in which its entries export them. */
export function namesPage(program: ts.Program): string {
  const sections = entries.map((entry) => {
    const source = program.getSourceFile(entry);
    if (source === undefined) throw new Error(`${entry} is not there.`);
    return `## ${packageNames[entry]}\n\n| | to call | types |\n|---|---|---|\n${groupsOf(source).map(rowOf).join("\n")}`;
  });
  return `${head}\n${sections.join("\n\n")}\n`;
}

function groupsOf(source: ts.SourceFile): Group[] {
  const groups: Group[] = [];
  for (const statement of source.statements) {
    if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause)) continue;
    const comments = (ts.getLeadingCommentRanges(source.text, statement.getFullStart()) ?? []).map(({ pos, end }) => source.text.slice(pos, end)).filter((text) => text.startsWith("// ")).map((text) => text.slice(3));
    if (comments.length > 0 || groups.length === 0) groups.push({ title: comments.join(" "), values: [], types: [] });
    for (const { name, isTypeOnly } of statement.exportClause.elements) (statement.isTypeOnly || isTypeOnly ? groups.at(-1)?.types : groups.at(-1)?.values)?.push(name.text);
  }
  return groups;
}

function rowOf({ title, values, types }: Group): string {
  const names = (list: readonly string[]): string => list.map((name) => `\`${name}\``).join(" ");
  return `| ${title} | ${names(values)} | ${names(types)} |`;
}

const head = `# Public names

All that the package exports, and nothing else is public. Made of the entries by \`npx vitest run test/public-api -u\`.
`;
