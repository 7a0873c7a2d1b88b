// One run in a process of its own, which may kill itself on the way. Its task comes as its first argument, in JSON.
import { directoryStorage } from "../../src/adapters/directory/directory-storage.js";
import type { ObjectStorage } from "../../src/ports/index.js";
import { Repository } from "../../src/repository/repository.js";
import { backUpImages, type ImageSet } from "./back-up-images.js";
import { dieAtBoundary, type Boundaries } from "./boundaries.js";
import { DyingObjectStore } from "./dying-object-store.js";
import type { StoragePlace } from "./places.js";

/** What a process is to do, and where it dies. */
export interface KilledRun {
  readonly place: StoragePlace;
  readonly keyHex: string;
  /** `undefined`: make the repository. Otherwise: open it and back this up. */
  readonly images?: ImageSet | undefined;
  /** The number of the boundary, from 1. */
  readonly killAt: number;
}

const run = JSON.parse(process.argv[2] ?? "") as KilledRun;
const { storage, boundaries, close } = await openMortal(run);
const options = { storage, encryption: { key: Buffer.from(run.keyHex, "hex") } };
if (run.images === undefined) await Repository.create(options);
else await backUpImages(await Repository.open(options), run.images);
await close();
process.stdout.write(JSON.stringify({ passed: boundaries.passed }));

async function openMortal({ place, killAt }: KilledRun): Promise<{ storage: ObjectStorage; boundaries: Boundaries; close: () => Promise<void> }> {
  if (place.kind === "directory") return { storage: directoryStorage(place.path), boundaries: dieAtBoundary(place.path, killAt), close: () => Promise.resolve() };
  // loaded here alone: a run in a directory starts faster without
  const [{ AwsAccount }, { s3Storage }] = await Promise.all([import("../../src/adapters/aws/aws-account.js"), import("../../src/adapters/aws/s3/s3-storage.js")]);
  const account = new AwsAccount(place.connection);
  const immortal = s3Storage({ account, bucket: place.bucket, prefix: place.prefix });
  const mortal = new DyingObjectStore(await immortal.openStore(), killAt);
  return { storage: { location: immortal.location, openStore: () => Promise.resolve(mortal) }, boundaries: mortal, close: async () => { await account.close(); } };
}
