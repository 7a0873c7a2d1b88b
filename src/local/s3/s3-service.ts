import * as client from "@aws-sdk/client-s3";
import type { LocalClock } from "../local-clock.js";
import type { ServiceDefinition } from "../service.js";
import { RequestRates } from "./access/request-rates.js";
import { s3Permissions } from "./access/s3-permissions.js";
import { DEFAULT_RESTORATION_TIMES_MS, type RestorationTimes } from "./operations/restoration.js";
import { bindOperations } from "./s3-operations.js";
import type { S3Storage } from "./s3-storage.js";

export interface S3ServiceOptions {
  readonly storage: S3Storage;
  readonly clock: LocalClock;
  /** How long RestoreObject takes, in milliseconds of the clock by storage class and tier (default: AWS's slow ends). */
  readonly restorationTimesMs?: RestorationTimes | undefined;
}

/** Amazon S3 on a directory: what each operation does, for the wire layer to serve. */
export function createS3Service(options: S3ServiceOptions): ServiceDefinition {
  const { storage, clock } = options;
  return {
    signingName: "s3",
    protocol: "restXml",
    apiVersion: "2006-03-01",
    xmlNamespace: "http://s3.amazonaws.com/doc/2006-03-01/",
    schemas: client,
    permissions: s3Permissions,
    operations: bindOperations({
      storage,
      clock,
      rates: new RequestRates(storage.limits),
      restorationTimes: options.restorationTimesMs ?? DEFAULT_RESTORATION_TIMES_MS,
    }),
  };
}
