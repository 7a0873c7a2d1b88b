import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { objectStoreConformance, objectVersionsConformance } from "../../src/testing/index.js";
import { IndependentBed, testsExcept } from "./independent-bed.js";
import { runCommand } from "./run-command.js";
import { ServerProcess } from "./server-process.js";

/** A gateway that serves S3 from files, in earnest: with versions and Object Lock. */
const versitygw = "github.com/versity/versitygw/cmd/versitygw@v1.8.0";

let bed: IndependentBed;
beforeAll(async () => {
  bed = await IndependentBed.open(async (folder) => {
    await runCommand("go", ["install", versitygw], "The server versitygw needs Go.", { GOBIN: folder });
    for (const name of ["objects", "versions"]) await mkdir(join(folder, name));
    const settings = (port: number): string[] => ["--access", "independent", "--secret", "independent", "--port", `127.0.0.1:${port}`, "--quiet"];
    return await ServerProcess.start(join(folder, "versitygw"), (port) => [...settings(port), "posix", "--versioning-dir", join(folder, "versions"), join(folder, "objects")]);
  });
});
afterAll(async () => {
  await bed.close();
});

const overMarkers = "it judges conditions by the object below a delete marker, where S3 takes the object to be absent";
const versionFaults = {
  "judges conditions by what is there now: nothing, under a delete marker": overMarkers,
  "tells all versions and delete markers of a name, newest first": "it lists versions and markers apart, and their times do not tell which is newer",
};

describe("an S3 object store on versitygw", () => {
  objectStoreConformance({ test: testsExcept({}), open: () => bed.openStore("plain"), reopen: (store) => bed.reopen(store) });
});

describe("an S3 object store on versitygw, versioned", () => {
  const test = testsExcept({
    "puts only where nothing is, on that condition": overMarkers,
    "puts only over the version that is meant, on that condition": overMarkers,
  });
  objectStoreConformance({ test, open: () => bed.openStore("versioned"), reopen: (store) => bed.reopen(store) });
  objectVersionsConformance({
    test: testsExcept({
      ...versionFaults,
      "removes for good the version that is meant and no other, and one that is gone without complaint": "it calls the id of a version that is gone invalid, where S3 has nothing to do",
      "refuses a lock that it cannot keep": "it refuses the lock, and stores the object all the same",
    }),
    open: () => bed.openStore("versioned"),
    locks: false,
  });
});

describe("an S3 object store on versitygw, with Object Lock", () => {
  objectVersionsConformance({ test: testsExcept(versionFaults), open: () => bed.openStore("locking"), locks: true });
});
