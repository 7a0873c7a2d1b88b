import { optionError } from "../../../options/option-error.js";
import type { AwsCredentials } from "../credentials/aws-credentials.js";
import type { AwsConnections } from "./aws-connections.js";

export interface ClientConfigurationOptions {
  readonly service: string;
  readonly region: string;
  readonly endpoint: string | undefined;
  readonly credentials: (() => Promise<AwsCredentials>) | undefined;
  readonly connections: AwsConnections;
}

const silent = { trace: () => undefined, debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** What a client of any service is made with; `ConfigurationError` where there are no credentials to sign by. */
export function clientConfiguration({ service, region, endpoint, credentials, connections }: ClientConfigurationOptions) {
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
    requestHandler: connections,
  };
}

export type ClientConfiguration = ReturnType<typeof clientConfiguration>;

function toIdentity({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): { accessKeyId: string; secretAccessKey: string; sessionToken?: string } {
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
