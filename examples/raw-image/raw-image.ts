import { basename } from "node:path";
import { Presets, SingleBar } from "cli-progress";
import { directoryStorage, HoldfastError, ImageBackup, Repository, Restore, type Progress } from "holdfast";

/** From where to where. */
export interface DiskTask {
  readonly from: string;
  readonly to: string;
  readonly passphrase: string;
  readonly signal?: AbortSignal | undefined;
}

/** Backs up an image or a device into the repository at `to`, which is made where there is none. Says what was done. */
export async function backUpDisk({ from, to, passphrase, signal }: DiskTask): Promise<string> {
  const repository = await openOrCreate(to, passphrase);
  const session = new ImageBackup({ repository, name: basename(from), path: from }).run({ signal });
  await showing(from, session, ({ type }) => type === "image:progress");
  const { point, blocks, sizeBytes, storedBytes } = await session;
  return `restore point ${point}: ${String(sizeBytes)} bytes, ${String(blocks.read)} blocks with data, ${String(blocks.stored)} of them new, ${String(storedBytes)} bytes stored`;
}

/** Restores the newest point of the repository at `from` to an image that is not there yet. Says what was done. */
export async function restoreDisk({ from, to, passphrase, signal }: DiskTask): Promise<string> {
  const repository = await Repository.open({ storage: directoryStorage(from), encryption: { passphrase } });
  let newest;
  for await (const point of repository.restorePoints()) if (newest === undefined || point.createdAt > newest.createdAt) newest = point;
  if (newest === undefined) throw new Error(`There is no restore point in ${from}.`);
  const session = new Restore({ repository }).image(newest, { path: to, signal });
  await showing(to, session, ({ type }) => type === "restore:progress");
  const { bytes, path } = await session;
  return `restored ${newest.id} to ${path}: ${String(bytes)} bytes of data`;
}

async function openOrCreate(path: string, passphrase: string): Promise<Repository> {
  const options = { storage: directoryStorage(path), encryption: { passphrase } };
  try {
    return await Repository.open(options);
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && error.code === "RepositoryNotFound")) throw error;
    return await Repository.create(options);
  }
}

/** A bar while something moves, where somebody looks. */
async function showing<Event extends { readonly type: string }>(name: string, session: AsyncIterable<Event>, isProgress: (event: Event) => boolean): Promise<void> {
  const bar = new SingleBar({ format: "{name} {bar} {percentage}% {rate} MiB/s", hideCursor: true, clearOnComplete: true, stream: process.stderr, noTTYOutput: false }, Presets.shades_classic);
  bar.start(1, 0, { name, rate: "0" });
  try {
    for await (const event of session) {
      if (!isProgress(event)) continue;
      const { fraction, bytesPerSecond } = event as unknown as Progress;
      bar.update(fraction, { name, rate: (bytesPerSecond / 2 ** 20).toFixed(0) });
    }
  } finally {
    bar.stop();
  }
}
