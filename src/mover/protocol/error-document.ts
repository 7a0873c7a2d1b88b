import { ConfigurationError, ConflictError, HoldfastError, IllegalStateError, IntegrityError, mistake, NotFoundError, ProviderError } from "../../errors/index.js";
import type { ErrorDocument } from "./documents.js";

/** Longer messages are cut: a document of the protocol has a few KiB. */
const maxMessageCharacters = 2_000;

/** An error as it is told to who is elsewhere. What is no error of the engine's own is a mistake in a program, and said to be one. */
export function toErrorDocument(error: unknown): ErrorDocument {
  if (!HoldfastError.isInstance(error)) return toErrorDocument(workerFailed(error));
  const { name, code, retryable, message } = error;
  const context = Object.fromEntries(Object.entries(error.context).flatMap(([key, value]) => (value === undefined ? [] : [[key, typeof value === "object" ? [...value] : value]])));
  const provider = error as Partial<ProviderError>;
  const facts = { service: provider.service, operation: provider.operation, requestId: provider.requestId, awsCode: provider.awsCode };
  return { name, code, message: message.slice(0, maxMessageCharacters), retryable, context, ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) };
}

function workerFailed(thrown: unknown): IllegalStateError {
  const { name, message } = thrown instanceof Error ? thrown : { name: "Error", message: String(thrown) };
  return new IllegalStateError(`A worker failed on a mistake in its program: ${name}: ${message}. ${mistake}`, { code: "WorkerFailed" });
}

/** The error that somebody elsewhere told of: of the same class, with the same code. */
export function fromErrorDocument(document: ErrorDocument): HoldfastError {
  const { name, message, code, retryable, context = {} } = document;
  const options = { code, retryable, context };
  switch (name) {
    case "ConfigurationError":
      return new ConfigurationError(message, options);
    case "ConflictError":
      return new ConflictError(message, options);
    case "IntegrityError":
      return new IntegrityError(message, options);
    case "NotFoundError":
      return new NotFoundError(message, options);
    case "ProviderError":
      return new ProviderError(message, { ...options, service: document.service ?? "unknown", operation: document.operation ?? "unknown", requestId: document.requestId, awsCode: document.awsCode });
    default:
      return new IllegalStateError(message, options);
  }
}
