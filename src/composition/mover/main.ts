import { availableParallelism } from "node:os";
import { AwsAccount } from "../../adapters/aws/aws-account.js";
import { s3Storage } from "../../adapters/aws/s3/s3-storage.js";
import type { S3StorageClass } from "../../adapters/aws/s3/s3-storage-options.js";
import type { AccountAccess } from "../../mover/mover-environment.js";
import { runMover } from "../../mover/run-mover.js";
import type { Logger } from "../../ports/index.js";
import { BlockThreads } from "../../repository/pack/sealing/block-threads.js";
import { OpenThreads } from "../../repository/pack/sealing/open-threads.js";
import { SealThreads } from "../../repository/pack/sealing/seal-threads.js";
import { SystemClock, systemRandom } from "../../system/index.js";
import { moverOptionsOfEnvironment } from "./mover-options.js";
import { SpotNotice } from "./spot-notice.js";

/** Four threads seal more than EBS gives of one snapshot. */
const mostThreads = 4;
/** Opened blocks on their way to EBS: 1,000 writes a second at 128 ms each. */
const maxHeldBlocks = 128;

// The program that runs on a worker. It calls AWS as the instance's role; its user data ends the machine when it ends.

const say = (level: string) => (message: string, facts?: Readonly<Record<string, unknown>>) => {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), level, message, ...facts })}\n`);
};
const logger: Logger = { debug: () => undefined, info: say("info"), warn: say("warn"), error: say("error") };

const { bucket, bucketOwner, region, prefix, identity, pace } = moverOptionsOfEnvironment(process.env);
const own = AwsAccount.fromEnvironment({ region, logger });
const openAccount = ({ region: accountRegion, role }: AccountAccess): AwsAccount =>
  role === undefined ? AwsAccount.fromEnvironment({ region: accountRegion, logger }) : own.assume({ roleArn: role.roleArn, externalId: role.externalId, sessionName: `holdfast-${identity.worker}`, region: accountRegion });

// one for each processor: the main thread waits for the network most of the time
const threads = new BlockThreads({ threads: Math.min(mostThreads, availableParallelism()), logger });
const sealer = new SealThreads({ threads });
const opener = new OpenThreads({ threads, maxHeldBlocks });

try {
  const store = await s3Storage({ account: own, bucket, prefix, region, expectedBucketOwner: bucketOwner }).openStore();
  const notice = new SpotNotice(process.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"], logger);
  const end = await runMover(
    {
      store,
      pace,
      clock: new SystemClock(),
      random: systemRandom,
      logger,
      isInterrupted: async () => await notice.isGiven(),
      openAccount,
      sealer,
      opener,
      openStorage: (place) =>
        s3Storage({
          account: openAccount({ region: place.region, role: place.role }),
          bucket: place.bucket,
          prefix: place.prefix,
          region: place.region,
          storageClass: place.storageClass as S3StorageClass | undefined,
          expectedBucketOwner: place.expectedBucketOwner,
        }),
    },
    identity,
  );
  logger.info("the data mover ends", { end });
} finally {
  await sealer.close();
  await opener.close();
  await own.close();
}
process.exit(0);
