import type { EBSClient } from "@aws-sdk/client-ebs";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { IAMClient } from "@aws-sdk/client-iam";
import type { S3Client } from "@aws-sdk/client-s3";
import type { STSClient } from "@aws-sdk/client-sts";
import type { AwsProxy } from "../aws-proxy.js";
import type { AwsCredentials } from "../credentials/aws-credentials.js";
import { HotConnections } from "../hot/hot-connections.js";
import { HotRoad } from "../hot/hot-road.js";
import type { InjectedKmsClient } from "../kms/injected-kms-client.js";
import type { ResolvedAwsLimits } from "../limits/aws-limits.js";
import type { InjectedSnsClient } from "../sns/injected-sns-client.js";
import { AwsConnections } from "./aws-connections.js";
import { ebsPackage, ec2Package, iamPackage, kmsPackage, quotasPackage, s3Package, snsPackage, stsPackage, type AwsPackage, type EbsPackage, type Ec2Package, type IamPackage, type KmsPackage, type QuotasPackage, type S3Package, type SnsPackage, type StsPackage } from "./aws-packages.js";
import { clientConfiguration, type ClientConfiguration } from "./client-configuration.js";
import type { SendingClient } from "./lazy-client.js";
import { ServiceClients, type InjectedClient } from "./service-clients.js";

/** Clients to use in place of own ones. A client that is given as such serves every region: it must be meant for those in use. */
export interface InjectedAwsClients {
  readonly ebs?: InjectedClient<EBSClient> | undefined;
  readonly ec2?: InjectedClient<EC2Client> | undefined;
  readonly s3?: InjectedClient<S3Client> | undefined;
  readonly sts?: InjectedClient<STSClient> | undefined;
  readonly iam?: InjectedClient<IAMClient> | undefined;
  /** A client of the optional package `@aws-sdk/client-kms`. */
  readonly kms?: InjectedClient<InjectedKmsClient> | undefined;
  /** A client of the optional package `@aws-sdk/client-sns`. */
  readonly sns?: InjectedClient<InjectedSnsClient> | undefined;
}

export interface AwsClientsOptions {
  readonly injected: InjectedAwsClients;
  readonly endpoint: string | undefined;
  readonly limits: ResolvedAwsLimits;
  readonly proxy: AwsProxy | undefined;
  /** Whether block and object transfers may go without the stock clients. */
  readonly hasHotRoad: boolean;
  /** Asked for each call; caches by itself. Absent where no client may be made. */
  readonly credentials: (() => Promise<AwsCredentials>) | undefined;
}

type Clients<Package, Client extends SendingClient> = ServiceClients<Package, Client, ClientConfiguration>;

/** One kind of client a service, all over the same connections, none of which tries anything again. */
export class AwsClients {
  readonly ebs: Clients<EbsPackage, EBSClient>;
  readonly ec2: Clients<Ec2Package, EC2Client>;
  readonly s3: Clients<S3Package, S3Client>;
  readonly sts: Clients<StsPackage, STSClient>;
  readonly iam: Clients<IamPackage, IAMClient>;
  readonly kms: Clients<KmsPackage, InjectedKmsClient>;
  readonly sns: Clients<SnsPackage, InjectedSnsClient>;
  readonly quotas: Clients<QuotasPackage, SendingClient>;
  readonly #options: AwsClientsOptions;
  readonly #connections: AwsConnections;
  readonly #hotRoads = new Map<string, HotRoad>();
  #hotConnections: HotConnections | undefined;

  constructor(options: AwsClientsOptions) {
    this.#options = options;
    this.#connections = new AwsConnections(options);
    const { injected, endpoint } = options;
    this.ebs = this.#clients("ebs", ebsPackage, injected.ebs, (aws, configuration, region) => {
      const client = new aws.EBSClient(configuration);
      this.hotRoad("ebs", region)?.learnFrom(client);
      return client;
    });
    this.s3 = this.#clients("s3", s3Package, injected.s3, (aws, configuration, region) => {
      const client = new aws.S3Client({
        ...configuration,
        // Every body comes with its SHA-256, and is checked against it by whoever reads it: the client need not do the same with CRC32.
        requestChecksumCalculation: "WHEN_REQUIRED",
        responseChecksumValidation: "WHEN_REQUIRED",
        expectContinueHeader: false,
        ...(endpoint === undefined ? {} : { forcePathStyle: true }),
      });
      this.hotRoad("s3", region)?.learnFrom(client);
      return client;
    });
    this.ec2 = this.#clients("ec2", ec2Package, injected.ec2, (aws, configuration) => new aws.EC2Client(configuration));
    this.sts = this.#clients("sts", stsPackage, injected.sts, (aws, configuration) => new aws.STSClient(configuration));
    this.iam = this.#clients("iam", iamPackage, injected.iam, (aws, configuration) => new aws.IAMClient(configuration));
    this.kms = this.#clients("kms", kmsPackage, injected.kms, (aws, configuration) => new aws.KMSClient(configuration));
    this.sns = this.#clients("sns", snsPackage, injected.sns, (aws, configuration) => new aws.SNSClient(configuration));
    this.quotas = this.#clients<QuotasPackage, SendingClient>("Service Quotas", quotasPackage, undefined, (aws, configuration) => new aws.ServiceQuotasClient(configuration));
  }

  /** The short road for the calls that move data; `undefined` where there is none, as with an injected client, which then makes all calls. */
  hotRoad(service: "ebs" | "s3", region: string): HotRoad | undefined {
    const { credentials, limits, hasHotRoad, proxy } = this.#options;
    // its connections go straight to the service
    if (credentials === undefined || !hasHotRoad || proxy !== undefined || this[service].areInjected) return undefined;
    const key = `${service}/${region}`;
    let road = this.#hotRoads.get(key);
    if (road === undefined) {
      this.#hotConnections ??= new HotConnections(limits);
      road = new HotRoad({ credentials, connections: this.#hotConnections });
      this.#hotRoads.set(key, road);
    }
    return road;
  }

  /** Waits for what is going on, and closes what was made here. */
  async close(): Promise<void> {
    await Promise.all([this.#connections.close(), this.#hotConnections?.close()]);
    this.#hotRoads.clear();
    for (const clients of [this.ebs, this.ec2, this.s3, this.sts, this.iam, this.kms, this.sns, this.quotas]) clients.destroy();
  }

  #clients<Package, Client extends SendingClient>(service: string, { load }: AwsPackage<Package>, injected: InjectedClient<Client> | undefined, make: (aws: Package, configuration: ClientConfiguration, region: string) => Client): Clients<Package, Client> {
    const { endpoint, credentials } = this.#options;
    const connections = this.#connections;
    return new ServiceClients({
      injected,
      // the connections are loaded with the package; an injected client has its own
      load: async () => (injected === undefined ? await Promise.all([load(), connections.load()]) : [await load()])[0],
      configure: (region) => clientConfiguration({ service, region, endpoint, credentials, connections }),
      make,
    });
  }
}
