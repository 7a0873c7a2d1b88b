import { join } from "node:path";
import { measurePhase } from "../phases/run-phase.js";
import type { ServerProcess } from "../server-process.js";
import type { StoringPeer } from "./storing-peers.js";

/** holdfast as a program that stores an image, measured as the others are. */
export function holdfast({ server, node }: { readonly server: ServerProcess; readonly node: string }, path: string): [string, StoringPeer] {
  const prefix = `holdfast-${String(Date.now())}`;
  const task = { server: server.facts, prefix, restoredPath: "" };
  let backups = 0;
  return ["holdfast", {
    create: () => Promise.resolve(),
    backUp: async (_, changedBlocks = []) => {
      backups++;
      const phase = backups === 1 ? "full" : changedBlocks.length === 0 ? "unchanged" : "incremental";
      return await measurePhase({ ...task, phase, snapshot: { snapshotId: `snap-${String(backups)}`, path, changedBlocks } }, node);
    },
    restore: async (folder) => {
      const restoredPath = join(folder, "disk.img");
      return { ...(await measurePhase({ ...task, phase: "restore", restoredPath, snapshot: { snapshotId: "", path: "", changedBlocks: [] } }, node)), path: restoredPath };
    },
  }];
}
