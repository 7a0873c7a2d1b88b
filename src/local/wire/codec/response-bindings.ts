import type { OperationModel } from "../service-model.js";
import type { Shape } from "../shape.js";
import { formatScalar } from "./scalars.js";

/** Where the members of an operation's output go in a REST answer; worked out once an operation. */
export class ResponseBindings {
  /** The member that is the body, if one is. */
  readonly payload: Shape | undefined;
  /** Members that the body holds side by side. */
  readonly bodyMembers: readonly Shape[];
  readonly #headers: (readonly [string, Shape])[] = [];
  readonly #prefixes: (readonly [string, Shape])[] = [];

  constructor(operation: OperationModel) {
    const bodyMembers: Shape[] = [];
    let payload: Shape | undefined;
    for (const member of operation.output.members) {
      const { traits } = member;
      if (traits.httpHeader !== undefined) this.#headers.push([traits.httpHeader, member]);
      else if (traits.httpPrefixHeaders !== undefined) this.#prefixes.push([traits.httpPrefixHeaders, member]);
      else if (traits.httpPayload !== undefined) payload = member;
      else bodyMembers.push(member);
    }
    this.payload = payload;
    this.bodyMembers = bodyMembers;
  }

  /** Writes every member that goes into a header. */
  writeHeaders(output: Readonly<Record<string, unknown>>): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const [name, member] of this.#headers) {
      const value = output[member.memberName];
      if (value !== undefined && value !== null) headers[name] = writeHeader(member, value);
    }
    for (const [prefix, member] of this.#prefixes) {
      const values = output[member.memberName];
      if (typeof values !== "object" || values === null) continue;
      for (const [key, value] of Object.entries(values)) headers[`${prefix}${key}`] = String(value);
    }
    return headers;
  }
}

function writeHeader(member: Shape, value: unknown): string {
  if (member.kind !== "list") return formatScalar(member, value, "http-date");
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.map((item) => formatScalar(member.value, item, "http-date")).join(",");
}
