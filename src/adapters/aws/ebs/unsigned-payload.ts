import type { PutSnapshotBlockCommand } from "@aws-sdk/client-ebs";

/**
 * Has a block's body left out of the signature: the API takes it unsigned, its SHA-256 is in a signed header of its own, and
 * the client would otherwise hash each block a second time.
 */
export function withUnsignedPayload(command: PutSnapshotBlockCommand): PutSnapshotBlockCommand {
  command.middlewareStack.add(
    (next) => async (options) => {
      const { request } = options;
      if (hasHeaders(request)) request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
      return await next(options);
    },
    { step: "build", name: "holdfastUnsignedPayload" },
  );
  return command;
}

function hasHeaders(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === "object" && request !== null && "headers" in request && typeof request.headers === "object" && request.headers !== null;
}
