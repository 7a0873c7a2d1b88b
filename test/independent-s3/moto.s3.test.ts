import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { objectStoreConformance, objectVersionsConformance } from "../../src/testing/index.js";
import { IndependentBed, testsExcept } from "./independent-bed.js";
import { runCommand } from "./run-command.js";
import { ServerProcess } from "./server-process.js";

/** What many test their AWS code against. */
const moto = "moto[server,s3]==5.2.5";

let bed: IndependentBed;
beforeAll(async () => {
  bed = await IndependentBed.open(async (folder) => {
    await runCommand("python3", ["-m", "venv", join(folder, "python")], "The server moto needs python3 with its module venv.");
    await runCommand(join(folder, "python/bin/pip"), ["install", "--quiet", "--disable-pip-version-check", moto], "The server moto could not be installed.");
    return await ServerProcess.start(join(folder, "python/bin/moto_server"), (port) => ["-H", "127.0.0.1", "-p", String(port)]);
  });
});
afterAll(async () => {
  await bed.close();
});

describe("an S3 object store on moto", () => {
  objectStoreConformance({ test: testsExcept({}), open: () => bed.openStore("plain"), reopen: (store) => bed.reopen(store) });
});

// Its Object Lock is left out: it has no GetObjectRetention, and lets locks be shortened.
describe("an S3 object store on moto, versioned", () => {
  const test = testsExcept({
    "tells all versions and delete markers of a name, newest first": "it lists versions and markers apart, and their times do not tell which is newer",
    "tells versions by prefix, in the order of the names' bytes, after a name": "it leaves out names that follow a key marker",
  });
  objectStoreConformance({ test, open: () => bed.openStore("versioned"), reopen: (store) => bed.reopen(store) });
  objectVersionsConformance({ test, open: () => bed.openStore("versioned"), locks: false });
});
