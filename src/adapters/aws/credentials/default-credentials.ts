import { stsPackage } from "../clients/aws-packages.js";
import type { AwsCredentials } from "./aws-credentials.js";

/** The AWS SDK's default chain, asked anew each time. */
export function defaultCredentials(region: string): () => Promise<AwsCredentials> {
  let chain: ((options: { readonly forceRefresh: true }) => Promise<AwsCredentials>) | undefined;
  return async () => {
    // it belongs to a client's configuration; this client sends nothing
    const { STSClient } = await stsPackage.load();
    chain ??= new STSClient({ region }).config.credentials;
    return await chain({ forceRefresh: true });
  };
}
