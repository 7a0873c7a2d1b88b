import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type ts from "typescript";
import { beforeAll, describe, expect, it } from "vitest";
import { errorsPage } from "./errors-page.js";
import { listErrors } from "./list-errors.js";
import { listExports } from "./list-exports.js";
import { listFindings } from "./list-findings.js";
import { listOptions } from "./list-options.js";
import { namesPage } from "./names-page.js";
import { remedies } from "./remedies.js";
import { entries, sourceProgram } from "./source-program.js";

let program: ts.Program;

beforeAll(() => {
  program = sourceProgram();
});

// What changes here changes for those who use the package: a removed name breaks them. `npm test -- --update` takes a change over.
describe("the public API", () => {
  it.each(entries)("of %s is as it was agreed", async (entry) => {
    const name = entry.replace(/^src\/(?:(.+)\/)?index\.ts$/, (_, folder: string | undefined) => folder ?? "index");
    await expect(`${listExports(program, entry).join("\n")}\n`).toMatchFileSnapshot(`./${name}.api.txt`);
  });

  it("takes options where it is listed: wrong-options.test.ts tries each with what is none", async () => {
    await expect(`${listOptions(program, "src/index.ts").join("\n")}\n`).toMatchFileSnapshot("./takes-options.txt");
  });

  it("is on one screen in docs/public-names.md", async () => {
    await expect(namesPage(program)).toMatchFileSnapshot("../../docs/public-names.md");
  });

  it("does nothing when it is imported: it prints nothing and keeps no process alive", async () => {
    // The process ends by itself, or the test waits for it in vain.
    const script = 'const holdfast = await import("holdfast"); process.stdout.write(typeof holdfast.Policy);';
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], { cwd: fileURLToPath(new URL("../..", import.meta.url)) });
    expect([stdout, stderr]).toEqual(["function", ""]);
  });
});

describe("the errors of the engine", () => {
  it("are those of docs/errors.md", async () => {
    await expect(errorsPage(listErrors(program), listFindings(program))).toMatchFileSnapshot("../../docs/errors.md");
  });

  it("have a code of one class each, and a remedy", () => {
    const errors = listErrors(program);
    expect(errors.filter(({ classes }) => classes.length > 1)).toEqual([]);
    expect(Object.keys(remedies).sort()).toEqual(errors.map(({ code }) => code).sort());
    expect(errors.filter(({ code }) => !/^([A-Z][a-z0-9]*)+$/.test(code))).toEqual([]);
  });

  it("speak in sentences: they begin with a capital, a path or a name, and end with a full stop or with what somebody else said", () => {
    const texts = listErrors(program).flatMap(({ code, messages }) => messages.map((message) => `${code}: ${message}`));
    expect(texts.filter((text) => !/^\w+: ([A-Z"<]|\w+:|holdfast\.json |[\w.[\]"<>]+: )/.test(text))).toEqual([]);
    expect(texts.filter((text) => !/([.>]|<…>)$/.test(text))).toEqual([]);
    expect(listFindings(program).filter(({ message, remedy }) => !/[.>]$/.test(message) || !/[.>]$/.test(remedy))).toEqual([]);
  });
});
