import { execFile } from "node:child_process";
import { access, cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** The versions that are compared with. */
export const peerVersions = { restic: "0.18.1", kopia: "0.21.1", coldsnap: "0.12.0" } as const;
export type PeerName = keyof typeof peerVersions;
export const peerNames = Object.keys(peerVersions) as PeerName[];

const run = promisify(execFile);
const quiet = { maxBuffer: 2 ** 26 };

/** The peers' commands in `folder`, built there by their own package managers (Go's and Rust's) where they are missing. */
export async function installPeers(folder: string, wanted: readonly PeerName[]): Promise<Readonly<Record<string, string>>> {
  await mkdir(join(folder, "bin"), { recursive: true });
  const commands: Record<string, string> = {};
  for (const name of wanted) {
    const command = join(folder, "bin", name);
    if (!(await isThere(command))) await builders[name](folder);
    commands[name] = command;
  }
  return commands;
}

const builders: Readonly<Record<PeerName, (folder: string) => Promise<void>>> = {
  restic: async (folder) => {
    await run("go", ["install", `github.com/restic/restic/cmd/restic@v${peerVersions.restic}`], { ...quiet, env: { ...process.env, GOBIN: join(folder, "bin") } });
  },
  // its module replaces others, which `go install` refuses: it is built in a copy of its source
  kopia: async (folder) => {
    const { stdout } = await run("go", ["mod", "download", "-json", `github.com/kopia/kopia@v${peerVersions.kopia}`], { ...quiet, cwd: folder });
    const source = join(folder, "kopia");
    await cp((JSON.parse(stdout) as { readonly Dir: string }).Dir, source, { recursive: true });
    await run("chmod", ["-R", "u+w", source]);
    await run("go", ["build", "-o", join(folder, "bin", "kopia"), "."], { ...quiet, cwd: source });
    await rm(source, { recursive: true });
  },
  coldsnap: async (folder) => {
    await run("cargo", ["install", "coldsnap", "--version", peerVersions.coldsnap, "--root", folder, "--target-dir", join(folder, "target")], quiet);
    await rm(join(folder, "target"), { recursive: true, force: true });
  },
};

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
