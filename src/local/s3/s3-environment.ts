import type { LocalClock } from "../local-clock.js";
import type { RequestRates } from "./access/request-rates.js";
import type { RestorationTimes } from "./operations/restoration.js";
import type { S3Storage } from "./s3-storage.js";

/** What every operation of the local S3 works with. */
export interface S3Environment {
  readonly storage: S3Storage;
  readonly clock: LocalClock;
  readonly rates: RequestRates;
  readonly restorationTimes: RestorationTimes;
}
