import { randomBytes } from "node:crypto";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { backUpDisk, restoreDisk } from "../examples/raw-image/raw-image.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-example-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

it("the example of raw images backs up a disk twice, storing only what changed, and restores it to the byte", async () => {
  const [image, repository, restored] = [join(folder, "disk.img"), join(folder, "repository"), join(folder, "restored.img")];
  const handle = await open(image, "w");
  await handle.truncate(8 * 2 ** 20 + 3);
  await handle.write(randomBytes(2 ** 20), 0, 2 ** 20, 2 ** 21);
  const passphrase = "a passphrase of the test";
  expect(await backUpDisk({ from: image, to: repository, passphrase })).toMatch(/^restore point [0-9a-f-]+: 8388611 bytes, 2 blocks with data, 2 of them new/);
  await handle.write("changed", 8 * 2 ** 20 - 7);
  await handle.close();
  expect(await backUpDisk({ from: image, to: repository, passphrase })).toContain("3 blocks with data, 1 of them new");
  expect(await restoreDisk({ from: repository, to: restored, passphrase })).toContain("1572864 bytes of data");
  expect((await readFile(restored)).equals(await readFile(image))).toBe(true);
});
