import { join } from "node:path";
import { BlockStorage } from "./blocks/block-storage.js";
import { createEbsService } from "./ebs/create-ebs-service.js";
import { serveEc2 } from "./ec2/create-ec2-service.js";
import { Ec2Environment } from "./ec2/ec2-environment.js";
import { Ec2Rules } from "./ec2/ec2-rules.js";
import { createIamService } from "./iam/create-iam-service.js";
import { IamStore } from "./iam/iam-store.js";
import { createKmsService } from "./kms/create-kms-service.js";
import { KmsStore } from "./kms/kms-store.js";
import { loadKmsClient } from "./kms/load-kms-client.js";
import type { LocalClock } from "./local-clock.js";
import type { ResolvedLocalCloudOptions } from "./local-cloud-options.js";
import { createS3Service } from "./s3/s3-service.js";
import { S3Storage } from "./s3/s3-storage.js";
import type { ServiceDefinition } from "./service.js";
import { createServiceQuotasService, loadServiceQuotasClient } from "./service-quotas/create-service-quotas-service.js";
import { createSnsService } from "./sns/create-sns-service.js";
import { loadSnsClient } from "./sns/load-sns-client.js";
import { TopicStore } from "./sns/topic-store.js";
import { createStsService } from "./sts/create-sts-service.js";
import type { SessionTokens } from "./sts/session-tokens.js";
import type { Faults } from "./wire/faults/faults.js";

export interface LocalServicesOptions {
  readonly directory: string;
  readonly clock: LocalClock;
  readonly tokens: SessionTokens;
  readonly options: ResolvedLocalCloudOptions;
  readonly faults: Faults;
}

/** What can be closed, in the order in which it was opened. */
interface Closeable {
  close(): Promise<void> | void;
}

interface LocalServicesParts {
  readonly definitions: readonly ServiceDefinition[];
  readonly iam: IamStore;
  readonly blocks: BlockStorage;
  readonly ec2: Ec2Environment;
  readonly topics: TopicStore;
  readonly opened: readonly Closeable[];
}

/** The services of a cloud with the storage under them. */
export class LocalServices {
  readonly definitions: readonly ServiceDefinition[];
  readonly iam: IamStore;
  readonly blocks: BlockStorage;
  readonly ec2: Ec2Environment;
  readonly topics: TopicStore;
  readonly #opened: readonly Closeable[];

  private constructor({ definitions, iam, blocks, ec2, topics, opened }: LocalServicesParts) {
    this.definitions = definitions;
    this.iam = iam;
    this.blocks = blocks;
    this.ec2 = ec2;
    this.topics = topics;
    this.#opened = opened;
  }

  static async open({ directory, clock, tokens, options, faults }: LocalServicesOptions): Promise<LocalServices> {
    const opened: Closeable[] = [];
    const keep = <T extends Closeable>(part: T): T => {
      opened.push(part);
      return part;
    };
    try {
      const iam = keep(await IamStore.open(join(directory, "iam")));
      const storage = keep(
        await S3Storage.open({ directory: join(directory, "s3"), clock, limits: options.limits.s3, durable: options.durable }),
      );
      const blocks = keep(await BlockStorage.open({ directory: join(directory, "blocks"), clock, times: options.limits.blocks }));
      const kms = keep(await KmsStore.open(join(directory, "kms")));
      const topics = keep(await TopicStore.open(join(directory, "sns")));
      const ec2 = new Ec2Environment({ blocks, clock, iam, regions: options.regions, meetLaunch: (facts) => faults.meetLaunch(facts) });
      const definitions = [
        createS3Service({ storage, clock }),
        createStsService({ store: iam, tokens }),
        createIamService({ store: iam }),
        serveEc2(ec2),
        createEbsService({ blocks, clock, rules: new Ec2Rules(blocks.records), limits: options.limits.blocks }),
        createKmsService({ store: kms, client: await loadKmsClient() }),
        createServiceQuotasService({ client: await loadServiceQuotasClient(), vcpus: options.limits.vcpus }),
        createSnsService({ store: topics, client: await loadSnsClient() }),
      ];
      return new LocalServices({ definitions, iam, blocks, ec2, topics, opened });
    } catch (error) {
      await closeAll(opened);
      throw error;
    }
  }

  /** Ends what is being written and closes all files. */
  async close(): Promise<void> {
    await closeAll(this.#opened);
  }
}

/** Closes everything, whatever fails, and then raises the first failure. */
async function closeAll(opened: readonly Closeable[]): Promise<void> {
  const results = await Promise.allSettled([...opened].reverse().map(async (part) => part.close()));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
