import type { SNSClient, SNSClientConfig } from "@aws-sdk/client-sns";
import { RegionalClients, type InjectedClient } from "../regional-clients.js";
import type { InjectedSnsClient } from "./injected-sns-client.js";
import { loadSns } from "./load-sns.js";

/** The SNS clients of each region: injected, or made once their package is loaded. */
export class LazySnsClients {
  readonly #injected: InjectedClient<SNSClient> | undefined;
  readonly #configure: (region: string) => SNSClientConfig;
  #clients: RegionalClients<SNSClient> | undefined;

  constructor(injected: InjectedClient<InjectedSnsClient> | undefined, configure: (region: string) => SNSClientConfig) {
    // as with KMS: what has the methods is taken for such a client
    this.#injected = injected as InjectedClient<SNSClient> | undefined;
    this.#configure = configure;
  }

  async of(region: string): Promise<SNSClient> {
    const { SNSClient: Client } = await loadSns();
    this.#clients ??= new RegionalClients(this.#injected, (forRegion) => new Client(this.#configure(forRegion)));
    return this.#clients.of(region);
  }

  destroy(): void {
    this.#clients?.destroy();
  }
}
