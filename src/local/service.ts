import type { Readable } from "node:stream";
import type { LocalClock } from "./local-clock.js";
import type { CallWay } from "./wire/call-origin.js";
import type { Caller } from "./wire/caller.js";
import type { Permission } from "./wire/permission.js";

/** Who calls, where, and when: everything an operation may know beside its input. */
export interface RequestContext {
  /** The twelve-digit account of the caller. */
  readonly accountId: string;
  readonly region: string;
  /** The caller's ARN: an IAM user or an assumed role's session. */
  readonly principalArn: string;
  readonly requestId: string;
  readonly clock: LocalClock;
  /** Request headers, lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body where it was a document, for what must be compared with its bytes; `undefined` for a stream, and where no wire was between. */
  readonly document?: RequestDocument | undefined;
  /** Who calls, and what his own policies say. Where no wire was between, the caller is the account's administrator. */
  readonly caller?: Caller | undefined;
  /** The road on which the call came, where it came from an instance. */
  readonly way?: CallWay | undefined;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** The body of a request that was read as a document. */
export interface RequestDocument {
  readonly bytes: Buffer;
  /** Headers that came after it, lower case. */
  readonly trailers: Readonly<Record<string, string>>;
}

/** With this member an output says the HTTP status of its answer, where it is another than the model's. */
export const HTTP_STATUS = Symbol("HTTP status");

/** With this member an output says in which order the elements of its flattened lists come in XML: for each element the list's member. */
export const ELEMENT_ORDER = Symbol("element order");

/** An operation of a service, in the client's own types: input and output are what the AWS client's command takes and gives. */
export type Operation<Input = never, Output = unknown> = (input: Input, context: RequestContext) => Promise<Output>;

/** The body of a streaming input: everything verified by the wire layer as it is read (signature, checksums, length). */
export type StreamingInput = Readable;

/** The body of a streaming output. A file range, so that no object is held in memory. */
export type StreamingOutput = Readable | Uint8Array;

export type WireProtocol = "ec2Query" | "awsQuery" | "json" | "restJson" | "restXml";

/** A service of the local cloud: the schemas its client publishes, and what each operation does. */
export interface ServiceDefinition {
  /** The service's name in a signature's scope: `ec2`, `ebs`, `s3`, `sts`, `iam`, `kms`, `sns`. */
  readonly signingName: string;
  readonly protocol: WireProtocol;
  readonly apiVersion: string;
  readonly xmlNamespace?: string;
  /** What stands before an operation's name in `X-Amz-Target`, for the protocol `json`: `TrentService`. */
  readonly targetPrefix?: string;
  /** Why the service cannot be had here, where it cannot: what every call of it is answered. */
  readonly unavailable?: string;
  /** The client's exports ending in `$`: operation schemas by operation name are found in them. */
  readonly schemas: Readonly<Record<string, unknown>>;
  readonly operations: Readonly<Record<string, Operation>>;
  /** What a call needs to be allowed; by default the action that is named like the operation, on any resource. */
  readonly permissions?: FindPermissions;
}

/** The permissions that a call needs, all of them. May raise the service's own error for an input that names nothing. */
export type FindPermissions = (operation: string, input: Readonly<Record<string, unknown>>, context: RequestContext) => readonly Permission[];

/** An error as AWS would answer it. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of the modelled error, e.g. `{ Reason: "UNRELATED_SNAPSHOTS" }`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, status: number, message: string, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "ServiceError";
    this.code = code;
    this.status = status;
    this.members = members;
  }
}
