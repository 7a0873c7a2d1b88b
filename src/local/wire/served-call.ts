import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { LocalClock } from "../local-clock.js";
import { ServiceError } from "../service.js";
import type { RequestContext } from "../service.js";
import type { Authorizer } from "./authorizer.js";
import { bytesAsSource, collectWithin, RequestBodySource } from "./body-source.js";
import { chooseDecoder } from "./body/choose-decoder.js";
import { CorruptingDecoder } from "./body/corrupting-decoder.js";
import type { CallOrigin, CallWay, FindOrigin } from "./call-origin.js";
import type { CallRecord } from "./call-record.js";
import type { WireRequest, WireResponse } from "./call.js";
import { wireError } from "./dialect.js";
import { ConnectionBroken } from "./faults/connection-broken.js";
import { faultError } from "./faults/fault-error.js";
import type { Faults } from "./faults/faults.js";
import type { HostedService } from "./hosted-service.js";
import { throughEndpoint } from "./endpoint-policy.js";
import { noted } from "./judged-permission.js";
import { declaredPayloadHash, sha256Hex, UNSIGNED_PAYLOAD } from "./payload-hash.js";
import type { CredentialSource } from "./principal.js";
import type { OperationModel } from "./service-model.js";
import { authenticate } from "./sigv4/authenticate.js";
import type { Authorization } from "./sigv4/authorization.js";
import type { SigningKeys } from "./sigv4/signing-key.js";

/** What every call needs of the cloud. */
export interface CallEnvironment {
  readonly credentials: CredentialSource;
  readonly clock: LocalClock;
  /** Regions that are open to the accounts. */
  readonly regions: readonly string[];
  readonly faults: Faults;
  readonly authorizer: Authorizer;
  readonly keys: SigningKeys;
  /** The instances from which calls may come; without it there are none. */
  readonly findOrigin?: FindOrigin;
}

export interface ServedCallOptions {
  readonly environment: CallEnvironment;
  readonly service: HostedService;
  readonly message: IncomingMessage;
  readonly request: WireRequest;
  readonly authorization: Authorization;
  readonly record: CallRecord;
  readonly signal: AbortSignal;
  /** The instance whose endpoint the call came to. */
  readonly origin: CallOrigin | undefined;
  /** Called before the body is read. */
  readonly onFirstRead: () => void;
}

/** One call to a service: its operation found, its caller known and allowed, its input read, its faults met, and done. */
export class ServedCall {
  readonly #options: ServedCallOptions;
  #operation: OperationModel | undefined;
  #body: RequestBodySource | undefined;
  #way: CallWay | undefined;

  constructor(options: ServedCallOptions) {
    this.#options = options;
  }

  /** Runs the call; raises a `ServiceError` for the client, `ConnectionBroken` for a connection that a fault breaks. */
  async run(): Promise<WireResponse> {
    const { service, environment, record, authorization, request, signal } = this.#options;
    const form = service.readsBodyFirst ? await this.#readWhole() : undefined;
    const operation = (this.#operation = service.codec.resolve(request, form));
    record.operation = operation.name;
    record.region = authorization.region;
    record.faults = environment.faults.meet(service.definition.signingName, operation.name);
    const effective = await this.#authenticate(form);
    this.#findWay();
    await this.#meetEarlyFaults();
    if (operation.implementation === undefined) {
      throw wireError(service.definition.protocol, "not-implemented", `The local cloud does not implement ${operation.name}.`);
    }
    if (this.#body === undefined) throw new Error("A call has its body once it is authenticated.");
    const input = await service.codec.decode(operation, effective, this.#body);
    const context = this.#context(effective);
    this.#authorize(operation, input, context);
    const output = await operation.implementation(input as never, context);
    const answer = service.codec.encode(operation, asRecord(output), { requestId: record.requestId, request, operation });
    try {
      await this.#meetLateFaults(signal);
    } catch (error) {
      // What nobody will read must not keep its file open.
      if (answer.body instanceof Readable) answer.body.destroy();
      throw error;
    }
    return answer;
  }

  /** The answer for an error of `run`. */
  answerError(error: unknown): WireResponse {
    const { record, request, service } = this.#options;
    // A service may report a broken body in its own words; what was wrong with it is what the client must hear.
    const bodyFailure = this.#body?.failure;
    const cause = error instanceof ServiceError || !(bodyFailure instanceof ServiceError) ? error : bodyFailure;
    const answer = cause instanceof ServiceError ? cause : wireError(service.definition.protocol, "internal");
    if (answer !== cause) record.failure = cause;
    record.errorCode = answer.code;
    return service.codec.encodeError(answer, { requestId: record.requestId, request, operation: this.#operation });
  }

  async #readWhole(): Promise<Buffer> {
    const { message, onFirstRead, record, service } = this.#options;
    onFirstRead();
    const bytes = await collectWithin(message, service.definition.protocol);
    record.bytesIn = bytes.length;
    return bytes;
  }

  /** Finds the caller, and prepares the body to be checked against what was signed. */
  async #authenticate(form: Buffer | undefined): Promise<WireRequest> {
    const { authorization, environment, message, onFirstRead, record, request, service } = this.#options;
    const { protocol } = service.definition;
    const declared = declaredPayloadHash(request, authorization);
    const read = form ?? (declared === undefined ? await this.#readWhole() : undefined);
    const bytes = read === undefined ? undefined : this.#corruptBytes(read);
    const payloadHash = declared ?? sha256Hex(bytes ?? Buffer.alloc(0));
    const { principal, signingKey } = authenticate(request, authorization, {
      protocol,
      credentials: environment.credentials,
      keys: environment.keys,
      payloadHash,
      realTime: new Date(),
      cloudTime: environment.clock.now(),
    });
    record.principal = principal;
    this.#checkRegion();
    const mismatch = (): ServiceError =>
      protocol === "restXml"
        ? new ServiceError("XAmzContentSHA256Mismatch", 400, "The provided 'x-amz-content-sha256' header does not match what was computed.", {
            ClientComputedContentSHA256: payloadHash,
          })
        : wireError(protocol, "bad-signature");
    const signing = { authorization, signingKey, payloadHash: declared ?? UNSIGNED_PAYLOAD, mismatch };
    this.#body = new RequestBodySource({
      source: bytes === undefined ? message : bytesAsSource(bytes),
      protocol,
      createDecoder: () => {
        const decoder = chooseDecoder(request, signing);
        const flip = bytes === undefined ? this.#corruptionOffset(Number(request.headers["content-length"] ?? 0)) : undefined;
        return flip === undefined ? decoder : new CorruptingDecoder(decoder, flip);
      },
      onFirstRead,
      onBytes: (sizeBytes) => {
        if (bytes === undefined) record.bytesIn += sizeBytes;
      },
    });
    return withDecodedLength(request, payloadHash);
  }

  /** A call from an instance goes on only where its network has a road to the service. */
  #findWay(): void {
    const { authorization, environment, origin, record, service } = this.#options;
    const { instanceId } = record.principal ?? {};
    // What was given to an instance is taken to be used there, so that nobody gets around its network by another endpoint.
    const from = origin ?? (instanceId === undefined ? undefined : environment.findOrigin?.(instanceId));
    if (from === undefined) return;
    this.#way = from.wayTo(service.definition.signingName, authorization.region);
    if (this.#way === undefined) throw new ConnectionBroken();
  }

  // A region that is not open answers as AWS does in one that the account has not enabled.
  #checkRegion(): void {
    const { authorization, environment, service } = this.#options;
    if (environment.regions.includes(authorization.region) || authorization.region === "us-east-1") return;
    const { protocol } = service.definition;
    throw wireError(protocol, protocol === "restXml" ? "malformed-authorization" : "invalid-token", `The region ${authorization.region} is not enabled in the local cloud.`);
  }

  async #meetEarlyFaults(): Promise<void> {
    const { record, service, signal } = this.#options;
    for (const { options } of record.faults) {
      if (options.kind === "latency") await delay(options.ms, undefined, { signal, ref: false });
      if (options.kind === "reset" && options.when !== "body") throw new ConnectionBroken();
    }
    const error = faultError(service.definition.protocol, record.faults);
    if (error !== undefined) throw error;
  }

  async #meetLateFaults(signal: AbortSignal): Promise<void> {
    for (const { options } of this.#options.record.faults) {
      if (options.kind === "stall" && options.when !== "body") await delay(options.ms, undefined, { signal, ref: false });
      if (options.kind === "lost-response") throw new ConnectionBroken();
    }
  }

  #authorize(operation: OperationModel, input: Readonly<Record<string, unknown>>, context: RequestContext): void {
    const { environment, service } = this.#options;
    const { caller } = context;
    if (caller === undefined) throw new Error("A call is authorised after its caller is known.");
    const { signingName, protocol, permissions } = service.definition;
    const needed = permissions?.(operation.name, input, context) ?? [{ action: `${signingName}:${operation.name}`, resource: "*" }];
    environment.authorizer.authorize({ context, caller, permissions: needed, protocol });
  }

  #context(effective: WireRequest): RequestContext {
    const { authorization, environment, record, signal } = this.#options;
    return {
      accountId: record.principal?.accountId ?? "",
      principalArn: record.principal?.arn ?? "",
      region: authorization.region,
      requestId: record.requestId,
      clock: environment.clock,
      caller: record.principal === undefined ? undefined : noted(throughEndpoint(environment.authorizer.callerOf(record.principal), this.#way, this.#options.service.definition.signingName), record.permissions),
      headers: effective.headers,
      document: this.#body?.document,
      way: this.#way,
      signal,
    };
  }

  #corruptBytes(bytes: Buffer): Buffer {
    const offset = this.#corruptionOffset(bytes.length);
    if (offset === undefined) return bytes;
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(offset) ^ 1, offset);
    return flipped;
  }

  #corruptionOffset(sizeBytes: number): number | undefined {
    const fault = this.#options.record.faults.find(({ options }) => options.kind === "corrupt-request");
    return fault === undefined || sizeBytes === 0 ? undefined : Math.floor(fault.position * sizeBytes);
  }
}

/** Of a chunked body, services see the length and the encoding of what is in it. */
function withDecodedLength(request: WireRequest, payloadHash: string): WireRequest {
  if (!payloadHash.startsWith("STREAMING-")) return request;
  const headers: Record<string, string> = { ...request.headers };
  const length = headers["x-amz-decoded-content-length"];
  if (length !== undefined) headers["content-length"] = length;
  const encodings = (headers["content-encoding"] ?? "").split(",").map((encoding) => encoding.trim());
  const own = encodings.filter((encoding) => encoding !== "" && encoding !== "aws-chunked");
  if (own.length > 0) headers["content-encoding"] = own.join(",");
  else delete headers["content-encoding"];
  return { ...request, headers };
}

function asRecord(output: unknown): Record<string, unknown> {
  return typeof output === "object" && output !== null ? (output as Record<string, unknown>) : {};
}
