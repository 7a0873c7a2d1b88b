import type { ServerFacts } from "../server.js";
import { measureCommand, type CommandFacts } from "./measured-command.js";

/** A program that moves snapshots into files and back, and stores nothing. */
export interface MovingPeer {
  download(snapshotId: string, path: string): Promise<CommandFacts>;
  upload(path: string): Promise<CommandFacts>;
}

/** coldsnap as it comes: it has no settings but how many calls are tried again. */
export function coldsnap(command: string, { endpoint, region, credentials }: ServerFacts): MovingPeer {
  const env = { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region, AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey };
  return {
    download: async (snapshotId, path) => await measureCommand(command, ["download", "--no-progress", snapshotId, path], env),
    upload: async (path) => await measureCommand(command, ["upload", "--no-progress", "--wait", path], env),
  };
}
