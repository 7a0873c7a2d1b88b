import { join } from "node:path";
import type { ServerFacts } from "../server.js";
import { measureCommand, type CommandFacts } from "./measured-command.js";

/** A program that stores a file in a repository on S3. */
export interface StoringPeer {
  /** Makes the repository; not measured. */
  create(): Promise<void>;
  /** Stores the file's present state; `changedBlocks` is told to who asks for it. */
  backUp(path: string, changedBlocks?: readonly number[]): Promise<CommandFacts>;
  /** Restores the newest state; gives where the file lies then. */
  restore(folder: string): Promise<CommandFacts & { readonly path: string }>;
}

const password = "bench";

/** restic at its best here: packs of 64 MiB need fewer requests, two readers for two processors. Its only quicker compression is none. */
export function restic(command: string, { endpoint, bucket, credentials, region }: ServerFacts, prefix: string, folder: string): StoringPeer {
  const env = { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey, AWS_DEFAULT_REGION: region, RESTIC_PASSWORD: password, RESTIC_CACHE_DIR: join(folder, "restic-cache") };
  const run = (...args: string[]): Promise<CommandFacts> => measureCommand(command, ["-r", `s3:${endpoint}/${bucket}/${prefix}`, "-o", "s3.bucket-lookup=path", "-o", `s3.region=${region}`, ...args], env);
  let path = "";
  return {
    create: async () => { await run("init"); },
    backUp: async (file) => {
      path = file;
      return await run("backup", "--pack-size", "64", "--compression", "auto", "--no-scan", file);
    },
    restore: async (target) => ({ ...(await run("restore", "latest", "--target", target)), path: join(target, path) }),
  };
}

/** kopia at its best here: pieces of a fixed size need no search for their ends, and the quickest of its zstd levels. */
export function kopia(command: string, { endpoint, bucket, credentials, region }: ServerFacts, prefix: string, folder: string): StoringPeer {
  const env = { KOPIA_PASSWORD: password, KOPIA_CHECK_FOR_UPDATES: "false" };
  const run = (...args: string[]): Promise<CommandFacts> => measureCommand(command, ["--config-file", join(folder, "kopia.config"), "--log-dir", join(folder, "kopia-logs"), ...args], env);
  let path = "";
  return {
    create: async () => {
      const place = ["--bucket", bucket, "--prefix", `${prefix}/`, "--endpoint", new URL(endpoint).host, "--disable-tls", "--region", region, "--access-key", credentials.accessKeyId, "--secret-access-key", credentials.secretAccessKey];
      await run("repository", "create", "s3", ...place, "--object-splitter", "FIXED-1M", "--cache-directory", join(folder, "kopia-cache"));
      await run("policy", "set", "--global", "--compression", "zstd-fastest", "--max-parallel-file-reads", "2");
    },
    backUp: async (file) => {
      path = file;
      return await run("snapshot", "create", file);
    },
    restore: async (target) => ({ ...(await run("restore", path, join(target, "disk.img"))), path: join(target, "disk.img") }),
  };
}
