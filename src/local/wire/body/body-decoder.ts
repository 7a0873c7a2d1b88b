/** Turns the bytes of a request's body into data, and checks them on the way. */
export interface BodyDecoder {
  /** Headers that followed the data. */
  readonly trailers: Readonly<Record<string, string>>;
  /** Takes the next bytes; gives data to `emit`. Raises a `ServiceError` where the body breaks its promise. */
  write(chunk: Buffer, emit: (data: Buffer) => void): void;
  /** The body is over: raises a `ServiceError` where something is missing or does not hold. */
  end(): void;
}
