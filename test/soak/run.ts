// npm run soak -- [--minutes N] [--seed N] [--json FILE]
import { runSoak } from "./run-soak.js";
import { parseSoakOptions } from "./soak-options.js";

process.exitCode = await runSoak(parseSoakOptions(process.argv.slice(2)));
