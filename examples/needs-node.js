import console from "node:console";
import process from "node:process";

// Loaded before the quickstart and the REPL, which on an older Node would end in an error of the first module that lacks something.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node ${process.version} is too old: holdfast needs 20.19 or later, from https://nodejs.org.`);
  process.exit(1);
}
