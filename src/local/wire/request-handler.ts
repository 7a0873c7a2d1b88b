import type { IncomingMessage, ServerResponse } from "node:http";
import { CallRecord } from "./call-record.js";
import type { CallLog } from "./call-log.js";
import type { CallOrigin } from "./call-origin.js";
import type { WireRequest, WireResponse } from "./call.js";
import { bodyFaultOf } from "./faults/body-fault.js";
import { ConnectionBroken } from "./faults/connection-broken.js";
import type { HostedService } from "./hosted-service.js";
import { sendAnswer } from "./send-answer.js";
import { ServiceError } from "../service.js";
import { ServedCall } from "./served-call.js";
import type { CallEnvironment } from "./served-call.js";
import { MalformedAuthorization, parseAuthorization } from "./sigv4/authorization.js";
import type { Authorization } from "./sigv4/authorization.js";
import { guessProtocol, strangerError } from "./stranger.js";
import { readWireRequest } from "./wire-request.js";

export interface RequestHandlerOptions {
  /** By the name in a signature's scope. */
  readonly services: ReadonlyMap<string, HostedService>;
  /** By protocol, for answers to requests that name no service. */
  readonly strangers: ReadonlyMap<string, HostedService>;
  readonly environment: CallEnvironment;
  readonly calls: CallLog;
}

/** How a request arrived. */
export interface Arrival {
  /** Whether the client waits to be asked for the body. */
  readonly expectsContinue: boolean;
  /** The instance whose endpoint it came to; undefined at the cloud's own. */
  readonly origin: CallOrigin | undefined;
}

interface Exchange {
  readonly message: IncomingMessage;
  readonly record: CallRecord;
  readonly signal: AbortSignal;
  readonly origin: CallOrigin | undefined;
  readonly onFirstRead: () => void;
}

/** Takes requests off the wire, gives each to its service, sends the answers and keeps the log. */
export class RequestHandler {
  readonly #options: RequestHandlerOptions;

  constructor(options: RequestHandlerOptions) {
    this.#options = options;
  }

  /** Answers a request; resolves when nothing of it is going on any more. */
  async handle(message: IncomingMessage, target: ServerResponse, { expectsContinue, origin }: Arrival): Promise<void> {
    const record = new CallRecord(this.#options.calls);
    const controller = new AbortController();
    // The connection's own end, since a response that waits for its turn behind another's hears of none.
    const onGone = (): void => {
      controller.abort();
    };
    const { socket } = message;
    socket.once("close", onGone);
    if (socket.destroyed) onGone();
    let isBodyWanted = !expectsContinue;
    const onFirstRead = (): void => {
      if (!isBodyWanted) target.writeContinue();
      isBodyWanted = true;
    };
    let status = 0;
    let bytesOut = 0;
    try {
      const answer = await this.#answer({ message, record, signal: controller.signal, origin, onFirstRead });
      status = answer.status;
      const isHead = message.method === "HEAD";
      const fault = bodyFaultOf(record.faults);
      // A whole body is logged before it is sent, so that whoever has the answer finds the call in the log.
      if (fault === undefined) recordWhole(record, answer, isHead);
      // A client that waits to be asked for its body, and was not, may send it or not: only a new connection is sure.
      bytesOut = await sendAnswer(target, answer, { isHead, mustClose: !isBodyWanted, fault, signal: controller.signal });
    } catch (error) {
      if (!(error instanceof ConnectionBroken)) record.failure = error;
      target.socket?.resetAndDestroy();
    } finally {
      socket.off("close", onGone);
      record.record(status, bytesOut);
      // What was left unread of the body flows by, so that the connection can go on.
      if (!message.complete) message.resume();
    }
  }

  async #answer(exchange: Exchange): Promise<WireResponse> {
    const { record } = exchange;
    let request: WireRequest | undefined;
    let authorization: Authorization | undefined;
    try {
      request = readWireRequest(exchange.message);
      authorization = parseAuthorization(request);
    } catch (error) {
      if (error instanceof MalformedAuthorization || error instanceof ServiceError) return this.#answerStranger(request, record, error);
      throw error;
    }
    const service = authorization === undefined ? undefined : this.#options.services.get(authorization.service);
    if (authorization === undefined || service === undefined) return this.#answerStranger(request, record, authorization);
    record.service = service.definition.signingName;
    const call = new ServedCall({ ...exchange, environment: this.#options.environment, service, request, authorization });
    try {
      return await call.run();
    } catch (error) {
      if (error instanceof ConnectionBroken || exchange.signal.aborted) throw error;
      return call.answerError(error);
    }
  }

  #answerStranger(
    request: WireRequest | undefined,
    record: CallRecord,
    cause: Authorization | MalformedAuthorization | ServiceError | undefined,
  ): WireResponse {
    const protocol = guessProtocol(request);
    const error = strangerError(protocol, cause);
    record.errorCode = error.code;
    const service = this.#options.strangers.get(protocol);
    const headers = { "content-type": "text/plain" };
    if (service === undefined) return { status: error.status, headers, body: Buffer.from(`${error.code}: ${error.message}`, "utf8") };
    const empty: WireRequest = { method: "GET", rawPath: "/", query: [], headers: {} };
    return service.codec.encodeError(error, { requestId: record.requestId, request: request ?? empty, operation: undefined });
  }
}

function recordWhole(record: CallRecord, answer: WireResponse, isHead: boolean): void {
  const { body } = answer;
  if (isHead || body === undefined) record.record(answer.status, 0);
  else if (body instanceof Uint8Array) record.record(answer.status, body.byteLength);
}
