/** A client, or what makes one for a region. */
export type InjectedClient<Client> = Client | ((region: string) => Client);

/** The clients of one service: made when a region first needs one, or injected. */
export class RegionalClients<Client extends { destroy(): void }> {
  readonly #injected: InjectedClient<Client> | undefined;
  readonly #make: (region: string) => Client;
  readonly #clients = new Map<string, Client>();

  constructor(injected: InjectedClient<Client> | undefined, make: (region: string) => Client) {
    this.#injected = injected;
    this.#make = make;
  }

  of(region: string): Client {
    if (this.#injected !== undefined && typeof this.#injected !== "function") return this.#injected;
    let client = this.#clients.get(region);
    if (client === undefined) {
      client = (this.#injected ?? this.#make)(region);
      this.#clients.set(region, client);
    }
    return client;
  }

  /** Destroys what was made here; injected clients belong to whoever gave them. */
  destroy(): void {
    if (this.#injected === undefined) for (const client of this.#clients.values()) client.destroy();
    this.#clients.clear();
  }
}
