// One run in a process of its own, which may kill itself on the way. Its task comes as its first argument, in JSON.
import { directoryStorage, Repository } from "../../src/index.js";
import { backUpImages, type ImageSet } from "./back-up-images.js";
import { dieAtBoundary } from "./boundaries.js";

/** What a process is to do, and where it dies. */
export interface KilledRun {
  readonly repositoryPath: string;
  readonly keyHex: string;
  /** `undefined`: make the repository. Otherwise: open it and back this up. */
  readonly images?: ImageSet | undefined;
  /** The number of the boundary, from 1. */
  readonly killAt: number;
}

const run = JSON.parse(process.argv[2] ?? "") as KilledRun;
const boundaries = dieAtBoundary(run.repositoryPath, run.killAt);
const options = { storage: directoryStorage(run.repositoryPath), encryption: { key: Buffer.from(run.keyHex, "hex") } };
if (run.images === undefined) await Repository.create(options);
else await backUpImages(await Repository.open(options), run.images);
process.stdout.write(JSON.stringify({ passed: boundaries.passed }));
