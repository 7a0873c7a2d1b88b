// In Node's own REPL: imported by a line, and what it gives prints as what it is.
import console from "node:console";
import { spawnSync } from "node:child_process";

const lines = ['new (await import("holdfast")).Retention({ daily: 7 })', '(await import("holdfast/local")).LocalCloud', ".exit", ""].join("\n");
const { stdout, stderr, status } = spawnSync(process.execPath, ["--interactive"], { input: lines, encoding: "utf8", timeout: 60_000 });
if (status !== 0 || /Uncaught/.test(stdout) || !/Retention \{/.test(stdout) || !stdout.includes("[class LocalCloud]")) throw new Error(`the REPL said: ${stdout}${stderr}`);
console.log("the package works in the REPL");
