import { EBSClient } from "@aws-sdk/client-ebs";
import { EC2Client } from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";
import { S3Client } from "@aws-sdk/client-s3";
import { STSClient } from "@aws-sdk/client-sts";
import { UndiciHttpHandler } from "@smithy/undici-http-handler";
import { Agent, EnvHttpProxyAgent, type Dispatcher } from "undici";
import { optionError } from "../../options/option-error.js";
import type { AwsCredentials } from "./credentials/aws-credentials.js";
import type { AwsProxy } from "./aws-proxy.js";
import { HotConnections } from "./hot/hot-connections.js";
import { HotRoad } from "./hot/hot-road.js";
import { LazyKmsClients } from "./kms/lazy-kms-clients.js";
import type { InjectedKmsClient } from "./kms/injected-kms-client.js";
import type { InjectedSnsClient } from "./sns/injected-sns-client.js";
import { LazyQuotasClients } from "./quotas/lazy-quotas-clients.js";
import { LazySnsClients } from "./sns/lazy-sns-clients.js";
import { RegionalClients, type InjectedClient } from "./regional-clients.js";
import type { ResolvedAwsLimits } from "./limits/aws-limits.js";

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

const silent = { trace: () => undefined, debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** One kind of client a service, all over the same connections, none of which tries anything again. */
export class AwsClients {
  readonly ebs: RegionalClients<EBSClient>;
  readonly ec2: RegionalClients<EC2Client>;
  readonly s3: RegionalClients<S3Client>;
  readonly sts: RegionalClients<STSClient>;
  readonly iam: RegionalClients<IAMClient>;
  readonly kms: LazyKmsClients;
  readonly sns: LazySnsClients;
  readonly quotas: LazyQuotasClients;
  readonly #options: AwsClientsOptions;
  readonly #hotRoads = new Map<string, HotRoad>();
  #hotConnections: HotConnections | undefined;
  #agent: Dispatcher | undefined;

  constructor(options: AwsClientsOptions) {
    this.#options = options;
    const { injected, endpoint } = options;
    this.ebs = new RegionalClients(injected.ebs, (region) => {
      const client = new EBSClient(this.#configuration("ebs", region));
      this.#makeHotRoad("ebs", region)?.learnFrom(client);
      return client;
    });
    this.ec2 = new RegionalClients(injected.ec2, (region) => new EC2Client(this.#configuration("ec2", region)));
    this.sts = new RegionalClients(injected.sts, (region) => new STSClient(this.#configuration("sts", region)));
    this.iam = new RegionalClients(injected.iam, (region) => new IAMClient(this.#configuration("iam", region)));
    this.kms = new LazyKmsClients(injected.kms, (region) => this.#configuration("kms", region));
    this.sns = new LazySnsClients(injected.sns, (region) => this.#configuration("sns", region));
    this.quotas = new LazyQuotasClients((region) => this.#configuration("Service Quotas", region));
    this.s3 = new RegionalClients(
      injected.s3,
      (region) => {
        const client = new S3Client({
          ...this.#configuration("s3", region),
          // Every body comes with its SHA-256, and is checked against it by whoever reads it: the client need not do the same with CRC32.
          requestChecksumCalculation: "WHEN_REQUIRED",
          responseChecksumValidation: "WHEN_REQUIRED",
          expectContinueHeader: false,
          ...(endpoint === undefined ? {} : { forcePathStyle: true }),
        });
        this.#makeHotRoad("s3", region)?.learnFrom(client);
        return client;
      },
    );
  }

  /** The short road for the calls that move data; `undefined` where a client was injected, which then makes all calls. */
  hotRoad(service: "ebs" | "s3", region: string): HotRoad | undefined {
    return this.#hotRoads.get(`${service}/${region}`);
  }

  /** Waits for what is going on, and closes what was made here. */
  async close(): Promise<void> {
    await Promise.all([this.#agent?.close(), this.#hotConnections?.close()]);
    this.#hotRoads.clear();
    for (const clients of [this.ebs, this.ec2, this.s3, this.sts, this.iam, this.kms, this.sns, this.quotas]) clients.destroy();
    this.#agent = undefined;
  }

  #makeHotRoad(service: "ebs" | "s3", region: string): HotRoad | undefined {
    const { credentials, limits, hasHotRoad, proxy } = this.#options;
    // its connections go straight to the service
    if (credentials === undefined || !hasHotRoad || proxy !== undefined) return undefined;
    this.#hotConnections ??= new HotConnections(limits);
    const road = new HotRoad({ credentials, connections: this.#hotConnections });
    this.#hotRoads.set(`${service}/${region}`, road);
    return road;
  }

  #configuration(service: string, region: string) {
    const { endpoint, credentials } = this.#options;
    if (credentials === undefined) {
      throw optionError("credentials", `are missing, and no ${service} client was given: give either, or take AwsAccount.fromEnvironment().`);
    }
    return {
      region,
      ...(endpoint === undefined ? {} : { endpoint }),
      maxAttempts: 1,
      // Marked as caching by itself: the client would otherwise keep credentials that were refused as expired.
      credentials: Object.assign(() => credentials().then(toIdentity), { memoized: true }),
      // The client else warns on the console where a body that is a stream cannot be sent again: we send another.
      logger: silent,
      requestHandler: new UndiciHttpHandler({ dispatcher: this.#connections() }),
    };
  }

  #connections(): Dispatcher {
    const { limits, proxy } = this.#options;
    const options = {
      connections: limits.maxConnections,
      connect: { timeout: limits.connectTimeoutMs },
      headersTimeout: limits.firstByteTimeoutMs,
      bodyTimeout: limits.bodyIdleTimeoutMs,
    };
    this.#agent ??= proxy === undefined ? new Agent(options) : new EnvHttpProxyAgent({ ...options, httpProxy: proxy.url, httpsProxy: proxy.url, noProxy: proxy.except ?? "" });
    return this.#agent;
  }
}

function toIdentity({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): { accessKeyId: string; secretAccessKey: string; sessionToken?: string } {
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
