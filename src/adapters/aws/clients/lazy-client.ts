/** What the engine asks of a client of any service. */
export interface SendingClient {
  send(command: never, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>;
  destroy(): void;
}

/** A command of any service, told by what it answers. */
export interface AwsCommand<Output> {
  resolveMiddleware(stack: never, configuration: never, options: never): (given: never) => Promise<{ readonly output: Output }>;
}

/** A client, and the package that its commands are made by. */
export interface LoadedClient<Package> {
  readonly aws: Package;
  readonly client: SendingClient;
}

/** The client of a service in one region, for the engine's own calls. Its package is loaded when it is first needed, and not before. */
export class LazyClient<Package> {
  readonly #open: () => Promise<LoadedClient<Package>>;
  #opened: Promise<LoadedClient<Package>> | undefined;

  constructor(open: () => Promise<LoadedClient<Package>>) {
    this.#open = open;
  }

  /** Loads the package, unless that is done. What fails is tried again by whoever asks next. */
  async load(): Promise<LoadedClient<Package>> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return await this.#opened;
  }

  /** Sends the command that `make` makes of the package. */
  async send<Output>(make: (aws: Package) => AwsCommand<Output>, options: { readonly abortSignal: AbortSignal }): Promise<Output> {
    const { aws, client } = await this.load();
    return (await client.send(make(aws) as never, options)) as Output;
  }
}
