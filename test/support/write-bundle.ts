import { writeFile } from "node:fs/promises";
import { makeBundle } from "../../src/composition/bundle/make-bundle.js";
import type { ControlPace } from "../../src/mover/protocol/pace.js";

/**
 * Writes a data mover's bundle whose runtime is this test's own: the program stays where it was built, since Node 20 finds its binding of zstd
 * there alone, and looks and speaks at a pace for which tests can wait.
 */
export async function writeBundle(path: string, program: string, pace: ControlPace): Promise<void> {
  const runtime = `#!/bin/bash\nexport AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true HOLDFAST_PACE='${JSON.stringify(pace)}'\nexec ${process.execPath} ${program}\n`;
  const { body } = makeBundle([{ name: "node", body: Buffer.from(runtime), isExecutable: true }, { name: "mover.mjs", body: Buffer.from("// see node\n"), isExecutable: false }]);
  await writeFile(path, body);
}
