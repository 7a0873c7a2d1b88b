import { Readable } from "node:stream";
import type { DeserializeMiddleware, MiddlewareStack } from "@smithy/types";

/** What a listing of versions is made of, by the names of its elements. */
export type EntryKind = "Version" | "DeleteMarker";

interface Response {
  readonly statusCode: number;
  body: unknown;
}

/**
 * Notes in which order `Version` and `DeleteMarker` elements come in the answer of a command.
 *
 * S3 lists both newest first within a key; the client sorts them into two lists, and the times in them, of whole seconds,
 * do not tell which was first. So the order is read from the answer itself, before the client has it.
 */
export function watchEntryOrder<Input extends object, Output extends object>(command: { readonly middlewareStack: MiddlewareStack<Input, Output> }): readonly EntryKind[] {
  const order: EntryKind[] = [];
  const middleware: DeserializeMiddleware<Input, Output> = (next) => async (args) => {
    const result = await next(args);
    const response = result.response as Response;
    if (response.statusCode === 200) {
      const xml = await readAll(response.body);
      // Text in XML has no bare "<": what looks like the start of an element is one.
      for (const [, kind] of xml.toString().matchAll(/<(Version|DeleteMarker)[\s>]/g)) order.push(kind as EntryKind);
      response.body = Readable.from([xml], { objectMode: false });
    }
    return result;
  };
  command.middlewareStack.add(middleware, { step: "deserialize", priority: "low", name: "holdfast-entry-order", override: true });
  return order;
}

async function readAll(body: unknown): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
