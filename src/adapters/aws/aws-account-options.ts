import { checkOptionNames, invalidOption, optionError } from "../../options/option-error.js";
import type { Clock, Logger, Random } from "../../ports/index.js";
import { systemClock, systemRandom } from "../../system/index.js";
import type { InjectedAwsClients } from "./clients/aws-clients.js";
import { checkCredentials, type AwsCredentialsSource } from "./credentials/aws-credentials.js";
import { checkRegion } from "./credentials/assume-role-options.js";
import { checkProxy, type AwsProxy } from "./aws-proxy.js";
import { resolveAwsLimits, type AwsLimits, type ResolvedAwsLimits } from "./limits/aws-limits.js";

/** Where and as whom AWS is called. */
export interface AwsAccountOptions {
  /** The region for whoever names none. */
  readonly region: string;
  /** The one endpoint of all services, for anything that is not AWS itself; S3 is then addressed path-style. */
  readonly endpoint?: string | undefined;
  /** Keys, or a function that gets them. Needed unless every client is given. */
  readonly credentials?: AwsCredentialsSource | undefined;
  /** Clients to use in place of own ones, or what makes one for a region. They are never destroyed here. */
  readonly clients?: InjectedAwsClients | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  /** Where log lines go (default: nowhere). */
  readonly logger?: Logger | undefined;
  /** How the account is called in logs and in the REPL: `production`. */
  readonly label?: string | undefined;
  readonly limits?: AwsLimits | undefined;
  /**
   * Whether block reads and writes and the objects of repositories go over connections of the engine's own, which cost a fraction of the AWS client's processor time (default). `false`:
   * every call is made by the AWS client. Where a client was given in `clients`, it makes all calls of its service anyway.
   */
  readonly hotRoad?: boolean | undefined;
  /** The HTTP proxy by which all calls go, those of block data too: then there is no hot road. Default: none; of `AwsAccount.fromEnvironment`, what `HTTPS_PROXY` and `NO_PROXY` name. */
  readonly proxy?: AwsProxy | undefined;
}

/** The same, as the environment has it: region by `AWS_REGION`, credentials by the AWS SDK's default chain. */
export type AwsEnvironmentOptions = Omit<AwsAccountOptions, "region" | "credentials"> & { readonly region?: string | undefined };

export interface ResolvedAwsAccountOptions {
  readonly region: string;
  readonly endpoint: string | undefined;
  readonly credentials: AwsCredentialsSource | undefined;
  readonly clients: InjectedAwsClients;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly label: string | undefined;
  readonly limits: ResolvedAwsLimits;
  readonly hotRoad: boolean;
  readonly proxy: AwsProxy | undefined;
}

const keys = ["region", "endpoint", "credentials", "clients", "clock", "random", "logger", "label", "limits", "hotRoad", "proxy"];
/** Those of `AwsAccount.fromEnvironment`. */
export const environmentOptionNames = keys.filter((key) => key !== "credentials");
const services = ["ebs", "ec2", "s3", "sts", "iam", "kms", "sns"];

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Fills in defaults; raises `ConfigurationError` naming the path. */
export function resolveAwsAccountOptions(options: AwsAccountOptions): ResolvedAwsAccountOptions {
  checkOptionNames(options, keys, "an account");
  const { region, endpoint, credentials, clients = {}, clock = systemClock, random = systemRandom, logger = silent, label, limits, hotRoad = true, proxy } = options;
  checkRegion("region", region);
  if (endpoint !== undefined) checkEndpoint(endpoint);
  if (credentials !== undefined) checkCredentials("credentials", credentials);
  checkClients(clients);
  if (label !== undefined && typeof label !== "string") throw invalidOption("label", label, "must be a text.");
  if (typeof hotRoad !== "boolean") throw invalidOption("hotRoad", hotRoad, "must be true or false.");
  if (proxy !== undefined) checkProxy("proxy", proxy);
  return { region, endpoint, credentials, clients, clock, random, logger, label, limits: resolveAwsLimits(limits), hotRoad, proxy };
}

/** What the environment says of a region; raises `ConfigurationError` where it says nothing. */
export function regionOfEnvironment(given: string | undefined): string {
  const region = given ?? process.env["AWS_REGION"];
  if (region !== undefined && region !== "") return region;
  throw optionError("region", "is missing, and the environment variable AWS_REGION is not set: give one of them.");
}

/** The endpoint of all services that the environment names, if any. */
export function endpointOfEnvironment(given: string | undefined): string | undefined {
  return given ?? process.env["AWS_ENDPOINT_URL"];
}

function checkEndpoint(endpoint: unknown): void {
  const url = typeof endpoint === "string" && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.username !== "" || url.password !== "") throw optionError("endpoint", "must be an http or https URL without user and password.");
}

function checkClients(clients: unknown): void {
  checkOptionNames(clients, services, "clients", "clients");
  for (const [service, client] of Object.entries(clients as Readonly<Record<string, unknown>>)) {
    if (client === undefined || typeof client === "function") continue;
    if (typeof client !== "object" || client === null || !("send" in client) || typeof client.send !== "function") throw invalidOption(`clients.${service}`, client, "must be an AWS client (version 3) or a function from a region to one.");
  }
}
