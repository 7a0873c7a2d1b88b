// In Node's own REPL: imported by a line, and what it gives prints as what it is.
import console from "node:console";
import process from "node:process";
import { spawnSync } from "node:child_process";

// one line: from a pipe the REPL takes the next without waiting for what the last one awaits
const line = 'await Promise.all([import("holdfast"), import("holdfast/local")]).then(([{ Retention }, { LocalCloud }]) => [new Retention({ daily: 7 }), LocalCloud])\n';
const { stdout, stderr, status } = spawnSync(process.execPath, ["--interactive"], { input: line, encoding: "utf8", timeout: 60_000 });
if (status !== 0 || !stdout.includes('[ Retention {"daily":7}, [class LocalCloud] ]')) throw new Error(`the REPL said: ${stdout}${stderr}`);
console.log("the package works in the REPL");
