import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { LocalClock } from "../local-clock.js";
import { S3Storage } from "./s3-storage.js";
import { readBody } from "./testing/s3-bed.js";
import { SegmentReader } from "./storage/segment-reader.js";

const SCRIPT = fileURLToPath(new URL("./testing/put-until-killed.ts", import.meta.url));
const ROUNDS = [40, 97, 211];

/** Runs the script until it has reported `lineCount` deeds, and kills it there. */
async function runAndKill(directory: string, seed: number, lineCount: number): Promise<string[]> {
  const child = spawn(execPath, ["--import", "tsx", SCRIPT, directory, String(seed)], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  const exited = new Promise((resolve) => child.once("exit", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === lineCount) child.kill("SIGKILL");
  }
  await exited;
  return lines;
}

describe("a process that is killed while it writes", () => {
  it("leaves every object that it was told is stored, whole, and none that it was told is gone", async () => {
    const directory = await mkdtemp(join(tmpdir(), "holdfast-s3-crash-"));
    try {
      const stored = new Set<string>();
      const gone = new Set<string>();
      for (const [seed, lineCount] of ROUNDS.entries()) {
        for (const line of await runAndKill(directory, seed, lineCount)) {
          const [deed, key = ""] = line.split(" ");
          if (deed === "put") stored.add(key);
          else stored.delete(key);
          if (deed === "deleted") gone.add(key);
        }
        const storage = await S3Storage.open({ directory, clock: new LocalClock() });
        const bucket = storage.bucket("crash");
        for (const key of stored) expect(bucket.versions(key), key).toHaveLength(1);
        for (const key of gone) expect(bucket.versions(key), key).toHaveLength(0);
        let objectCount = 0;
        for (const [version] of bucket.state.keys.values()) {
          if (version === undefined) throw new Error("A key without a version is none.");
          const bytes = await readBody(new SegmentReader(bucket.files, version.segments, { offset: 0, length: version.sizeBytes }));
          expect(createHash("md5").update(bytes).digest("hex")).toBe(version.etag);
          objectCount += 1;
        }
        expect(await readdir(bucket.files.directory)).toHaveLength(objectCount);
        await storage.close();
      }
      expect(stored.size).toBeGreaterThan(20);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
