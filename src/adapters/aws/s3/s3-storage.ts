import { inspect } from "node:util";
import type { ObjectStorage } from "../../../ports/index.js";
import { SystemClock, systemRandom } from "../../../system/index.js";
import { clientsOf } from "../aws-account.js";
import { S3ObjectStore } from "./s3-object-store.js";
import { resolveS3StorageOptions, type S3StorageOptions } from "./s3-storage-options.js";

/**
 * A repository's place in a general purpose S3 bucket. Nothing is called before the repository is created or opened.
 * Raises `ConfigurationError` naming the option that is wrong.
 *
 * @example
 * const repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption: { passphrase } });
 */
export function s3Storage(options: S3StorageOptions): ObjectStorage {
  const { account, bucket, keyPrefix, region, storageClass, expectedBucketOwner } = resolveS3StorageOptions(options);
  const open = (): S3ObjectStore => {
    const clients = clientsOf(account);
    // A put knows its own object again by a random id, which no repeated test run may ever repeat: so never the account's `random`.
    return new S3ObjectStore({ client: clients.s3.lazy(region), hot: clients.hotRoad("s3", region), calls: account.calls, random: systemRandom, clock: new SystemClock(), bucket, keyPrefix, region, storageClass, expectedBucketOwner });
  };
  const location = `s3://${bucket}${keyPrefix === "" ? "" : `/${keyPrefix.slice(0, -1)}`}`;
  const place = { bucket, prefix: keyPrefix.slice(0, -1), region, storageClass, expectedBucketOwner, account };
  return { location, openStore: async () => open(), keyProvider: account.keyProvider(region), place, ...inspected(location) };
}

function inspected(location: string): object {
  return { [inspect.custom]: () => `s3Storage(${location})` };
}
