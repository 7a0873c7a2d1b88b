import type { WireRequest } from "../call.js";
import type { OperationModel } from "../service-model.js";
import type { Shape } from "../shape.js";
import { parseScalar } from "./scalars.js";

/** Where the members of an operation's input lie in a REST request; worked out once an operation. */
export class RequestBindings {
  /** The member that is the body, if one is. */
  readonly payload: Shape | undefined;
  /** Members that the body holds side by side. */
  readonly bodyMembers: readonly Shape[];
  readonly #labels: Shape[] = [];
  readonly #queries = new Map<string, Shape>();
  readonly #headers: (readonly [string, Shape])[] = [];
  readonly #prefixes: (readonly [string, Shape])[] = [];

  constructor(operation: OperationModel) {
    const bodyMembers: Shape[] = [];
    let payload: Shape | undefined;
    for (const member of operation.input.members) {
      const { traits } = member;
      if (traits.httpLabel !== undefined) this.#labels.push(member);
      else if (traits.httpQuery !== undefined) this.#queries.set(traits.httpQuery, member);
      else if (traits.httpHeader !== undefined) this.#headers.push([traits.httpHeader.toLowerCase(), member]);
      else if (traits.httpPrefixHeaders !== undefined) this.#prefixes.push([traits.httpPrefixHeaders.toLowerCase(), member]);
      else if (traits.httpPayload !== undefined) payload = member;
      else bodyMembers.push(member);
    }
    this.payload = payload;
    this.bodyMembers = bodyMembers;
  }

  /** Reads every member that lies outside the body. */
  read(request: WireRequest, labels: Readonly<Record<string, string>>): Record<string, unknown> {
    const input: Record<string, unknown> = {};
    for (const member of this.#labels) {
      const text = labels[member.memberName];
      if (text !== undefined) input[member.memberName] = parseScalar(member, text, "date-time");
    }
    if (this.#queries.size > 0) this.#readQuery(request, input);
    for (const [name, member] of this.#headers) {
      const text = request.headers[name];
      if (text !== undefined && text !== "") input[member.memberName] = readHeader(member, text);
    }
    for (const [prefix, member] of this.#prefixes) input[member.memberName] = readPrefixed(prefix, request);
    return input;
  }

  #readQuery(request: WireRequest, input: Record<string, unknown>): void {
    for (const [name, text] of request.query) {
      const member = this.#queries.get(name);
      if (member === undefined) continue;
      if (member.kind === "list") {
        const items = (input[member.memberName] ??= []) as unknown[];
        items.push(parseScalar(member.value, text, "date-time"));
      } else {
        input[member.memberName] ??= parseScalar(member, text, "date-time");
      }
    }
  }
}

function readHeader(member: Shape, text: string): unknown {
  if (member.kind !== "list") return parseScalar(member, text, "http-date");
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")
    .map((item) => parseScalar(member.value, item, "http-date"));
}

function readPrefixed(prefix: string, request: WireRequest): Record<string, string> {
  const found = Object.entries(request.headers).filter(([name]) => name.startsWith(prefix) && name.length > prefix.length);
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}
