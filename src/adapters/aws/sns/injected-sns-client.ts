/**
 * A client of `@aws-sdk/client-sns`, told by its methods: that package is optional, and so are its types. A mocked client does.
 */
export interface InjectedSnsClient {
  /** Sends a command of that package. */
  send(command: never, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>;
  /** Never called here: an injected client belongs to whoever gave it. */
  destroy(): void;
}
