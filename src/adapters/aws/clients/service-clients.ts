import { LazyClient, type SendingClient } from "./lazy-client.js";

/** A client, or what makes one for a region. */
export type InjectedClient<Client> = Client | ((region: string) => Client);

export interface ServiceClientsOptions<Package, Client, Configuration> {
  readonly injected?: InjectedClient<Client> | undefined;
  readonly load: () => Promise<Package>;
  /** What a client of a region is made with; raises `ConfigurationError` where none can be made. */
  readonly configure: (region: string) => Configuration;
  readonly make: (aws: Package, configuration: Configuration, region: string) => Client;
}

/** The clients of one service, one a region: injected, or made when they are first needed. */
export class ServiceClients<Package, Client extends SendingClient, Configuration> {
  readonly #options: ServiceClientsOptions<Package, Client, Configuration>;
  readonly #lazy = new Map<string, LazyClient<Package>>();
  readonly #clients = new Map<string, Client>();

  constructor(options: ServiceClientsOptions<Package, Client, Configuration>) {
    this.#options = options;
  }

  /** Whether clients come from outside. */
  get areInjected(): boolean {
    return this.#options.injected !== undefined;
  }

  /** The client for the engine's own calls, whose package is loaded by the first of them. */
  lazy(region: string): LazyClient<Package> {
    const known = this.#lazy.get(region);
    if (known !== undefined) return known;
    const { injected, configure, load } = this.#options;
    if (injected === undefined) configure(region);
    const lazy = new LazyClient(async () => {
      const aws = await load();
      return { aws, client: this.of(region, () => aws) };
    });
    this.#lazy.set(region, lazy);
    return lazy;
  }

  /** The client itself, at once; `require` is asked for the package where one must be made. */
  of(region: string, require: () => Package): Client {
    const { injected, configure, make } = this.#options;
    if (injected !== undefined && typeof injected !== "function") return injected;
    let client = this.#clients.get(region);
    if (client === undefined) {
      client = injected === undefined ? make(require(), configure(region), region) : injected(region);
      this.#clients.set(region, client);
    }
    return client;
  }

  /** Destroys what was made here; injected clients belong to whoever gave them. */
  destroy(): void {
    if (this.#options.injected === undefined) for (const client of this.#clients.values()) client.destroy();
    this.#clients.clear();
    this.#lazy.clear();
  }
}
