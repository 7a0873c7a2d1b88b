import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseOptions, usage, type QuickstartOptions } from "./options.js";
import { formatReport } from "./report.js";
import { runQuickstart } from "./run-quickstart.js";

// What the AWS SDK says about coming versions of Node is for whoever builds on it, not in the middle of a demonstration.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

async function main({ json, keep }: QuickstartOptions): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "holdfast-quickstart-"));
  const interrupt = new AbortController();
  process.once("SIGINT", () => {
    interrupt.abort(new Error("interrupted"));
  });
  try {
    const report = await runQuickstart(directory, interrupt.signal);
    const shown = keep ? { ...report, directory } : report;
    process.stdout.write(json ? `${JSON.stringify(shown, undefined, 2)}\n` : formatReport(shown));
  } finally {
    if (!keep) await rm(directory, { recursive: true, force: true });
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(usage);
  else await main(options);
} catch (error) {
  const isUsage = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  process.stderr.write(isUsage ? `${error.message}\n\n${usage}` : `The quickstart failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
