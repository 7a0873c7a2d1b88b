import type { IncomingMessage } from "node:http";
import { ServiceError } from "../service.js";
import type { WireRequest } from "./call.js";

/** Reads method, path, query and headers of a request. Raises `InvalidURI` where the percent-encoding is none. */
export function readWireRequest(message: IncomingMessage): WireRequest {
  const url = message.url ?? "/";
  const mark = url.indexOf("?");
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  return {
    method: message.method ?? "GET",
    rawPath: rawPath === "" ? "/" : rawPath,
    query: mark < 0 ? [] : decodeQuery(url.slice(mark + 1)),
    headers: joinHeaders(message.rawHeaders),
  };
}

/** Decodes `a=1&b` into pairs; a plus sign is a space, as AWS's servers read it. */
export function decodeQuery(text: string): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (const part of text.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? "" : part.slice(equals + 1);
    pairs.push([decodePercent(name.replaceAll("+", " ")), decodePercent(value.replaceAll("+", " "))]);
  }
  return pairs;
}

export function decodePercent(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    if (cause instanceof URIError) throw new ServiceError("InvalidURI", 400, "Couldn't parse the specified URI.");
    throw cause;
  }
}

// The raw list is read because Node drops all but the first value of some headers, and the signature covers every one.
function joinHeaders(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? "").toLowerCase();
    const value = raw[index + 1] ?? "";
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : `${earlier},${value}`;
  }
  return headers;
}
