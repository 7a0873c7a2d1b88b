import type { BuildMiddleware, MiddlewareStack } from "@smithy/types";

/** Sets a header of one command before it is signed. */
export function setRequestHeader<Input extends object, Output extends object>(command: { readonly middlewareStack: MiddlewareStack<Input, Output> }, name: string, value: string): void {
  const middleware: BuildMiddleware<Input, Output> = (next) => async (args) => {
    const { request } = args;
    if (typeof request === "object" && request !== null && "headers" in request) (request.headers as Record<string, string>)[name] = value;
    return await next(args);
  };
  command.middlewareStack.add(middleware, { step: "build", name: `holdfast-${name}`, override: true });
}

/**
 * Leaves a command's body out of its signature, for bodies whose own checksum travels in a signed header: the client
 * would otherwise hash them a second time.
 */
export function leaveBodyUnsigned<Input extends object, Output extends object>(command: { readonly middlewareStack: MiddlewareStack<Input, Output> }): void {
  setRequestHeader(command, "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
}
