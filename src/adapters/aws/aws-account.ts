import type { EBSClient } from "@aws-sdk/client-ebs";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { IAMClient } from "@aws-sdk/client-iam";
import type { S3Client } from "@aws-sdk/client-s3";
import type { STSClient } from "@aws-sdk/client-sts";
import { inspect } from "node:util";
import { IllegalStateError, ProviderError } from "../../errors/index.js";
import { checkOptionNames } from "../../options/option-error.js";
import type { AccountRole, BlockReader, BlockWriter, CallOptions, Compute, InstanceAccount, InstanceCompute, KeyProvider, Notifier, PermissionCheck, RequestCounter, SnapshotReaderRequest, SnapshotWriterRequest, WorkerAccount, WorkerCompute, WorkerNetworks, WorkerQuotas, WorkerRoles } from "../../ports/index.js";
import { endpointOfEnvironment, environmentOptionNames, regionOfEnvironment, resolveAwsAccountOptions, type AwsAccountOptions, type AwsEnvironmentOptions, type ResolvedAwsAccountOptions } from "./aws-account-options.js";
import { proxyOfEnvironment } from "./aws-proxy.js";
import { AwsCalls } from "./aws-calls.js";
import type { AwsCallCount } from "./call-counts.js";
import { AwsClients } from "./clients/aws-clients.js";
import { ebsPackage, ec2Package, iamPackage, s3Package, stsPackage } from "./clients/aws-packages.js";
import { assumeRole } from "./credentials/assume-role.js";
import { checkRegion, resolveAssumeRoleOptions, type AssumeRoleOptions } from "./credentials/assume-role-options.js";
import { CachedCredentials } from "./credentials/cached-credentials.js";
import { defaultCredentials } from "./credentials/default-credentials.js";
import { openSnapshotReader } from "./ebs/open-snapshot-reader.js";
import { openSnapshotWriter } from "./ebs/open-snapshot-writer.js";
import { Ec2Compute } from "./ec2/ec2-compute.js";
import { Ec2InstanceCompute } from "./ec2/instances/ec2-instance-compute.js";
import { Ec2WorkerNetworks } from "./ec2/networks/ec2-worker-networks.js";
import { Ec2WorkerCompute } from "./ec2/workers/ec2-worker-compute.js";
import { hasInstanceProfile } from "./iam/has-instance-profile.js";
import { IamWorkerRoles } from "./iam/iam-worker-roles.js";
import { IamPermissionCheck } from "./iam/iam-permission-check.js";
import { KmsKeyProvider } from "./kms/kms-key-provider.js";
import { AwsWorkerQuotas } from "./quotas/aws-worker-quotas.js";
import { sharedAccountRates } from "./limits/account-rates.js";
import { orAbort } from "./or-abort.js";
import { SnsNotifier, type SnsNotifierOptions } from "./sns/sns-notifier.js";
import type { SnapshotDoorContext } from "./snapshot-door-context.js";

let openClientsOf: (account: AwsAccount) => AwsClients;

/** The clients of an account, for this adapter's own parts. */
export function clientsOf(account: AwsAccount): AwsClients {
  return openClientsOf(account);
}

/**
 * An AWS account: as whom and where AWS is called.
 *
 * Nothing is called before it is needed. Clients are made per region, or injected; no secret is shown by `util.inspect`,
 * JSON, errors or logs.
 *
 * @example
 * const backup = AwsAccount.fromEnvironment({ region: "eu-west-1" });
 * const production = backup.assume({ roleArn: "arn:aws:iam::123456789012:role/backup", externalId });
 */
export class AwsAccount implements WorkerAccount, InstanceAccount {
  readonly region: string;
  /** The one layer through which this account is called, and which tries again. */
  readonly calls: AwsCalls;
  readonly #options: ResolvedAwsAccountOptions;
  readonly #clients: AwsClients;
  readonly #computes = new Map<string, Compute>();
  readonly #assumed = new Set<AwsAccount>();
  #role: AccountRole | undefined;
  #accountId: Promise<string> | undefined;

  static {
    openClientsOf = (account) => {
      account.#assertOpen();
      return account.#clients;
    };
  }

  #closing: Promise<void> | undefined;

  /** Takes plain `{ region, endpoint?, credentials }`, such as `LocalCloud.connection()` gives. Raises `ConfigurationError`. */
  constructor(options: AwsAccountOptions) {
    const resolved = resolveAwsAccountOptions(options);
    const { region, endpoint, clients, clock, random, logger, limits, hotRoad, proxy, credentials: source } = resolved;
    const credentials = source === undefined ? undefined : new CachedCredentials(typeof source === "function" ? source : () => Promise.resolve(source), { clock, logger });
    this.#options = resolved;
    this.region = region;
    this.#clients = new AwsClients({ injected: clients, endpoint, limits, proxy, hasHotRoad: hotRoad, credentials: credentials === undefined ? undefined : () => credentials.get() });
    this.calls = new AwsCalls({ clock, random, logger, limits, refreshCredentials: async (obtainedBeforeMs) => await credentials?.refresh(obtainedBeforeMs) });
  }

  /** The account that the environment names: `AWS_REGION` unless a region is given, credentials by the AWS SDK's default chain, the proxy that `HTTPS_PROXY` names. */
  static fromEnvironment(options: AwsEnvironmentOptions = {}): AwsAccount {
    checkOptionNames(options, environmentOptionNames, "an account of the environment");
    const region = regionOfEnvironment(options.region);
    checkRegion("region", region);
    const endpoint = endpointOfEnvironment(options.endpoint);
    return new AwsAccount({ ...options, region, credentials: defaultCredentials(region), endpoint, proxy: options.proxy ?? proxyOfEnvironment(endpoint) });
  }

  /**
   * The account in which this one has a role. The role is assumed at the first call, and again before its credentials end;
   * a refusal is a `ProviderError` (`AccessDenied`) of that call. It is closed together with this account.
   */
  assume(options: AssumeRoleOptions): AwsAccount {
    this.#assertOpen();
    const role = resolveAssumeRoleOptions(options, this.region);
    const { endpoint, clock, random, logger, limits, hotRoad, proxy, label } = this.#options;
    const account = new AwsAccount({
      region: role.region,
      endpoint,
      credentials: async () => {
        this.#assertOpen();
        return await assumeRole({ sts: this.#clients.sts.lazy(this.region), calls: this.calls, region: this.region }, role);
      },
      clock,
      random,
      logger,
      limits,
      hotRoad,
      proxy,
      label: label === undefined ? role.roleArn : `${label} as ${role.roleArn}`,
    });
    account.#role = { roleArn: role.roleArn, ...(role.externalId === undefined ? {} : { externalId: role.externalId }) };
    this.#assumed.add(account);
    return account;
  }

  /** The role that was assumed to be in this account; absent of an account with credentials of its own. */
  get role(): AccountRole | undefined {
    return this.#role;
  }

  async accountId(options: CallOptions = {}): Promise<string> {
    this.#assertOpen();
    this.#accountId ??= this.#askAccountId();
    return await orAbort(this.#accountId, options.signal);
  }

  /** EC2 in a region, in the engine's words; made when it is first asked for. */
  compute(region: string): Compute {
    this.#assertOpen();
    checkRegion("region", region);
    let compute = this.#computes.get(region);
    if (compute === undefined) {
      const { clock, random } = this.#options;
      compute = new Ec2Compute({ ec2: this.#clients.ec2.lazy(region), region, accountId: () => this.accountId(), calls: this.calls, clock, random });
      this.#computes.set(region, compute);
    }
    return compute;
  }

  workerCompute(region: string): WorkerCompute {
    this.#assertOpen();
    checkRegion("region", region);
    const { clock, random } = this.#options;
    return new Ec2WorkerCompute({ ec2: this.#clients.ec2.lazy(region), region, calls: this.calls, clock, random });
  }

  /** Instances that are restored, in a region. */
  instanceCompute(region: string): InstanceCompute {
    this.#assertOpen();
    checkRegion("region", region);
    const { clock, random } = this.#options;
    return new Ec2InstanceCompute({ ec2: this.#clients.ec2.lazy(region), region, calls: this.calls, clock, random });
  }

  async hasInstanceProfile(profile: string, options: CallOptions = {}): Promise<boolean | undefined> {
    this.#assertOpen();
    return await hasInstanceProfile({ iam: this.#clients.iam.lazy(this.region), calls: this.calls, region: this.region }, profile, options);
  }

  workerNetworks(region: string): WorkerNetworks {
    this.#assertOpen();
    checkRegion("region", region);
    const { clock, random } = this.#options;
    return new Ec2WorkerNetworks({ ec2: this.#clients.ec2.lazy(region), region, calls: this.calls, clock, random });
  }

  workerQuotas(region: string): WorkerQuotas {
    this.#assertOpen();
    checkRegion("region", region);
    return new AwsWorkerQuotas({ ec2: this.#clients.ec2.lazy(region), calls: this.calls, region, quotas: this.#clients.quotas.lazy(region) });
  }

  workerRoles(): WorkerRoles {
    this.#assertOpen();
    return new IamWorkerRoles({ iam: this.#clients.iam.lazy(this.region), calls: this.calls, region: this.region });
  }

  /** Asks IAM what a role or user may do (iam:SimulatePrincipalPolicy), for `checkPermissions`. */
  permissionCheck(): PermissionCheck {
    this.#assertOpen();
    return new IamPermissionCheck({ iam: this.#clients.iam.lazy(this.region), calls: this.calls, region: this.region });
  }

  async openSnapshotReader(request: SnapshotReaderRequest, options: CallOptions = {}): Promise<BlockReader> {
    return await openSnapshotReader(this.#door(request), request, options);
  }

  async openSnapshotWriter(request: SnapshotWriterRequest, options: CallOptions = {}): Promise<BlockWriter<{ readonly snapshotId: string }>> {
    return await openSnapshotWriter(this.#door(request), request, options);
  }

  /**
   * The account's KMS keys of a region, to keep a repository's key with: `encryption: { kmsKeyId, keyProvider }`. `s3Storage` brings it along.
   * Needs the optional package `@aws-sdk/client-kms`; where it is missing, the first call raises `ConfigurationError` (`MissingPackage`).
   */
  keyProvider(region: string = this.region): KeyProvider {
    checkRegion("region", region);
    return new KmsKeyProvider({
      region,
      calls: this.calls,
      client: (keyRegion) => {
        this.#assertOpen();
        return this.#clients.kms.lazy(keyRegion);
      },
    });
  }

  /**
   * Tells a topic of SNS: for `notify` of a policy. Needs the optional package `@aws-sdk/client-sns`; where it is missing, the first message fails with
   * `ConfigurationError` (`MissingPackage`).
   *
   * @example
   * const topic = account.snsNotifier({ topicArn: "arn:aws:sns:eu-west-1:111122223333:backups" });
   */
  snsNotifier(options: SnsNotifierOptions): Notifier {
    return new SnsNotifier(options, {
      calls: this.calls,
      client: (region) => {
        this.#assertOpen();
        return this.#clients.sns.lazy(region);
      },
    });
  }

  /** The client of EBS direct for a region, made when first asked for. It tries nothing again: `calls` does. The same holds for the others. */
  ebs(region: string): EBSClient {
    this.#assertOpen();
    return this.#clients.ebs.of(region, ebsPackage.require);
  }

  /** The EC2 client of a region, for calls that the engine does not make. */
  ec2(region: string): EC2Client {
    this.#assertOpen();
    return this.#clients.ec2.of(region, ec2Package.require);
  }

  /** The S3 client of a region. */
  s3(region: string): S3Client {
    this.#assertOpen();
    return this.#clients.s3.of(region, s3Package.require);
  }

  /** The STS client of a region. */
  sts(region: string): STSClient {
    this.#assertOpen();
    return this.#clients.sts.of(region, stsPackage.require);
  }

  /** The IAM client of a region. */
  iam(region: string): IAMClient {
    this.#assertOpen();
    return this.#clients.iam.of(region, iamPackage.require);
  }

  get requests(): RequestCounter {
    return this.calls;
  }

  /** How often AWS was called so far, by operation and region. */
  callCounts(): readonly AwsCallCount[] {
    return this.calls.counts();
  }

  /** Waits for what is going on, then closes the connections of this account and of those that it assumed. Injected clients stay open. */
  async close(): Promise<void> {
    await (this.#closing ??= this.#close());
  }

  /** As {@link AwsAccount.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Region, label and endpoint: no secret. */
  toJSON(): Readonly<Record<string, string>> {
    const { label, endpoint } = this.#options;
    return { ...(label === undefined ? {} : { label }), region: this.region, ...(endpoint === undefined ? {} : { endpoint }) };
  }

  /** How it prints: region and endpoint, never a credential. */
  [inspect.custom](): string {
    return `AwsAccount ${inspect(this.toJSON())}`;
  }

  async #askAccountId(): Promise<string> {
    const call = { service: "sts", operation: "GetCallerIdentity", region: this.region } as const;
    const sts = this.#clients.sts.lazy(this.region);
    try {
      const { Account: accountId } = await this.calls.run({ ...call, client: sts }, ({ signal }) => sts.send((aws) => new aws.GetCallerIdentityCommand(), { abortSignal: signal }));
      if (accountId === undefined) throw new ProviderError("sts:GetCallerIdentity named no account: the endpoint does not speak STS as AWS does.", { code: "InvalidAnswer", ...call });
      // rates belong to the account, not to this object: all who call it share what was found out
      this.calls.shareRates(sharedAccountRates(this.#options.clock, `${this.#options.endpoint ?? "aws"}/${accountId}`));
      return accountId;
    } catch (error) {
      this.#accountId = undefined;
      throw error;
    }
  }

  #door({ region, session }: { readonly region: string; readonly session?: string | undefined }): SnapshotDoorContext {
    const { clock, random } = this.#options;
    this.#assertOpen();
    return { ebs: this.#clients.ebs.lazy(region), hot: this.#clients.hotRoad("ebs", region), region, session, compute: this.compute(region), calls: this.calls, clock, random };
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new IllegalStateError("This AwsAccount is closed: make a new one.", { code: "AccountClosed" });
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#assumed].map((account) => account.close()));
    await this.#clients.close();
  }
}
