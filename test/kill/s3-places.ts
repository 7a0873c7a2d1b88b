import { s3Storage } from "../../src/adapters/aws/s3/s3-storage.js";
import type { ObjectStorage } from "../../src/ports/index.js";
import { region, type S3Bed } from "../support/s3-bed.js";
import type { Places, StoragePlace } from "./places.js";

/** Repositories under prefixes of a bucket of the local cloud. */
export class S3Places implements Places {
  readonly #bed: S3Bed;
  readonly #bucket: string;

  private constructor(bed: S3Bed, bucket: string) {
    this.#bed = bed;
    this.#bucket = bucket;
  }

  static async open(bed: S3Bed): Promise<S3Places> {
    return new S3Places(bed, await bed.makeBucket());
  }

  at(name: string): StoragePlace {
    return { kind: "s3", connection: this.#bed.cloud.connection({ region }), bucket: this.#bucket, prefix: name };
  }

  storage(place: StoragePlace): ObjectStorage {
    if (place.kind !== "s3") throw new TypeError("This is no place on S3.");
    return s3Storage({ account: this.#bed.account, bucket: place.bucket, prefix: place.prefix });
  }

  async copy(from: StoragePlace, to: StoragePlace): Promise<void> {
    const [source, target] = await Promise.all([this.storage(from).openStore(), this.storage(to).openStore()]);
    for await (const { name } of source.list("")) await target.put(name, (await source.get(name)).body, { condition: "absent" });
  }

  async remove(place: StoragePlace): Promise<void> {
    const store = await this.storage(place).openStore();
    for await (const { name } of store.list("")) await store.delete(name);
  }

  leftovers(): Promise<string[]> {
    return Promise.resolve([]);
  }
}
