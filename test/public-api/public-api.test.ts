import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { listExports } from "./list-exports.js";

// What changes here changes for those who use the package: a removed name breaks them. `npm test -- --update` takes a change over.
describe("the public API", () => {
  it.each(["index", "local/index", "testing/index"])("of src/%s.ts is as it was agreed", async (entry) => {
    await expect(`${listExports(`src/${entry}.ts`).join("\n")}\n`).toMatchFileSnapshot(`./${entry.replace("/index", "")}.api.txt`);
  }, 120_000);

  it("does nothing when it is imported: it prints nothing and keeps no process alive", async () => {
    // The process ends by itself, or the test waits for it in vain.
    const script = 'const holdfast = await import("holdfast"); process.stdout.write(typeof holdfast.Policy);';
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], { cwd: fileURLToPath(new URL("../..", import.meta.url)) });
    expect([stdout, stderr]).toEqual(["function", ""]);
  });
});
