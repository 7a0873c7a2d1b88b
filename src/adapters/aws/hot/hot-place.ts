import type { Origin } from "./http-connection.js";
import type { SigningScope } from "./sign-request.js";

/** Where a service's calls go and how they are signed, as a request of the stock client shows it. */
export interface HotPlace {
  readonly origin: Origin;
  /** The `host` header. */
  readonly host: string;
  /** What stands before the call's own path: empty, or a bucket or an endpoint's path, without `/` at the end. */
  readonly basePath: string;
  readonly scope: SigningScope;
}

/** The part of the stock clients' requests that is looked at. */
interface StockRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The service and region in a signature of version 4; other ways of signing (session keys of S3 Express, several regions at once) stay with the stock client. */
const authorizationForm = /^AWS4-HMAC-SHA256 Credential=[^/,]+\/\d{8}\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request,/;
/** Characters that mean the same encoded once or twice. */
const plainPath = /^[A-Za-z0-9._~/-]*$/;

/** The place that a signed request of the stock client shows, where its path ends in `ownPath`; `undefined` where hot calls could not do the same. */
export function placeOf(request: unknown, ownPath: string): HotPlace | undefined {
  if (!isStockRequest(request) || !request.path.endsWith(ownPath)) return undefined;
  const { protocol, hostname, port, path, headers } = request;
  const [, region, service] = authorizationForm.exec(headers["authorization"] ?? "") ?? [];
  const basePath = path.slice(0, path.length - ownPath.length);
  if (region === undefined || service === undefined || headers["x-amz-s3session-token"] !== undefined || !plainPath.test(basePath)) return undefined;
  if (protocol !== "http:" && protocol !== "https:") return undefined;
  const isTls = protocol === "https:";
  const usualPort = isTls ? 443 : 80;
  const host = headers["host"] ?? (port === undefined || port === usualPort ? hostname : `${hostname}:${String(port)}`);
  return { origin: { isTls, host: hostname, port: port ?? usualPort }, host, basePath, scope: { region, service } };
}

function isStockRequest(request: unknown): request is StockRequest {
  if (typeof request !== "object" || request === null) return false;
  const { protocol, hostname, path, headers } = request as Partial<StockRequest>;
  return typeof protocol === "string" && typeof hostname === "string" && typeof path === "string" && typeof headers === "object";
}
