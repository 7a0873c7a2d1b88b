import type { KMSClient, KMSClientConfig } from "@aws-sdk/client-kms";
import { RegionalClients, type InjectedClient } from "../regional-clients.js";
import type { InjectedKmsClient } from "./injected-kms-client.js";
import { loadKms } from "./load-kms.js";

/** The KMS clients of each region: injected, or made once their package is loaded. */
export class LazyKmsClients {
  readonly #injected: InjectedClient<KMSClient> | undefined;
  readonly #configure: (region: string) => KMSClientConfig;
  #clients: RegionalClients<KMSClient> | undefined;

  constructor(injected: InjectedClient<InjectedKmsClient> | undefined, configure: (region: string) => KMSClientConfig) {
    // Only the methods were asked for, so that no type of the optional package is needed: what has them is taken for such a client.
    this.#injected = injected as InjectedClient<KMSClient> | undefined;
    this.#configure = configure;
  }

  async of(region: string): Promise<KMSClient> {
    const { KMSClient: Client } = await loadKms();
    this.#clients ??= new RegionalClients(this.#injected, (forRegion) => new Client(this.#configure(forRegion)));
    return this.#clients.of(region);
  }

  destroy(): void {
    this.#clients?.destroy();
  }
}
