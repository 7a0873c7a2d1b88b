import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { makeBundle } from "./make-bundle.js";

it("makes the same bundle of the same files, in whatever order, and tar reads it", async () => {
  const files = [
    { name: "node", body: Buffer.from("#!/bin/sh\necho runtime\n"), isExecutable: true },
    { name: "mover.mjs", body: Buffer.alloc(700, "m"), isExecutable: false },
  ];
  const bundle = makeBundle(files);
  expect(makeBundle([...files].reverse()).sha256).toBe(bundle.sha256);
  expect(makeBundle([{ ...files[0]!, body: Buffer.from("another") }, files[1]!]).sha256).not.toBe(bundle.sha256);
  const folder = await mkdtemp(join(tmpdir(), "holdfast-bundle-"));
  try {
    await writeFile(join(folder, "bundle.tar.gz"), bundle.body);
    await promisify(execFile)("tar", ["-xzf", "bundle.tar.gz"], { cwd: folder });
    expect(await readFile(join(folder, "mover.mjs"))).toEqual(files[1]!.body);
    expect((await promisify(execFile)(join(folder, "node"))).stdout).toBe("runtime\n");
    expect((await stat(join(folder, "node"))).mode & 0o777).toBe(0o755);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
