import { execFile } from "node:child_process";
import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const root = new URL("../..", import.meta.url).pathname;

/** Builds the data mover's program, inside the package so that Node 20 finds its binding of zstd. */
export async function buildMover(): Promise<{ readonly folder: string; readonly program: string }> {
  const parent = join(root, "node_modules", ".holdfast");
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "mover-"));
  await promisify(execFile)(process.execPath, [join(root, "node_modules/tsup/dist/cli-default.js"), "--config", "tsup.mover.config.ts", "--out-dir", folder], { cwd: root });
  return { folder, program: join(folder, "mover.mjs") };
}
