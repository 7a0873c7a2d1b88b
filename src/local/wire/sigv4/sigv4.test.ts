import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { WireRequest } from "../call.js";
import { AwsChunkedDecoder } from "../body/aws-chunked-decoder.js";
import { decodeQuery } from "../wire-request.js";
import { authenticate } from "./authenticate.js";
import { parseAuthorization } from "./authorization.js";
import type { Authorization } from "./authorization.js";
import { ChunkSignatures } from "./chunk-signatures.js";
import { SigningKeys } from "./signing-key.js";
import { isSignatureValid } from "./verify-signature.js";

const EMPTY_HASH = createHash("sha256").digest("hex");
const keys = new SigningKeys();

interface Vector {
  readonly name: string;
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly signature: string;
}

function request(method: string, url: string, headers: Record<string, string>): WireRequest {
  const [rawPath = "/", query = ""] = url.split("?");
  return { method, rawPath, query: decodeQuery(query), headers };
}

function authorizationOf(wire: WireRequest): Authorization {
  const authorization = parseAuthorization(wire);
  if (authorization === undefined) throw new Error("The request is not signed.");
  return authorization;
}

// The published test suite of Signature Version 4.
const SUITE_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SUITE: readonly Vector[] = [
  { name: "get-vanilla", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
  { name: "get-vanilla-query-order-key-case", url: "/?Param2=value2&Param1=value1", signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
  {
    name: "get-unreserved",
    url: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
  },
  {
    name: "get-header-value-trim",
    headers: { "my-header1": " value1", "my-header2": ' "a   b   c"' },
    signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  },
  { name: "post-vanilla", method: "POST", signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
  {
    name: "post-x-www-form-urlencoded",
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "Param1=value1",
    signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  },
  { name: "normalize-path/get-relative", url: "/example/..", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
  { name: "normalize-path/get-slashes", url: "//example//", signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84" },
];

describe("a signature", () => {
  it.each(SUITE)("verifies for the published vector $name", ({ method = "GET", url = "/", headers = {}, body = "", signature }) => {
    const all: Record<string, string> = { ...headers, host: "example.amazonaws.com", "x-amz-date": "20150830T123600Z" };
    const signed = Object.keys(all).sort().join(";");
    all["authorization"] = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${signed}, Signature=${signature}`;
    const wire = request(method, url, all);
    const authorization = authorizationOf(wire);
    const key = keys.derive(SUITE_SECRET, authorization);
    const hash = createHash("sha256").update(body).digest("hex");
    expect(isSignatureValid(wire, authorization, key, hash)).toBe(true);
    expect(isSignatureValid({ ...wire, method: "PUT" }, authorization, key, hash)).toBe(false);
    expect(isSignatureValid(wire, { ...authorization, signature: "00" }, key, hash)).toBe(false);
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and sigv4-query-string-auth.html
const S3_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const S3_SCOPE = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
const S3_VECTORS: readonly Vector[] = [
  { name: "GET object", url: "/test.txt", headers: { range: "bytes=0-9" }, signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41" },
  { name: "GET bucket lifecycle", url: "/?lifecycle", signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" },
  { name: "list", url: "/?max-keys=2&prefix=J", signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" },
  {
    name: "PUT object",
    method: "PUT",
    url: "/test$file.text",
    headers: { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
    body: "Welcome to Amazon S3.",
    signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  },
];

describe("a signature for S3", () => {
  it.each(S3_VECTORS)("verifies for the documented example $name", ({ method = "GET", url = "/", headers = {}, body = "", signature }) => {
    const hash = createHash("sha256").update(body).digest("hex");
    const all: Record<string, string> = { ...headers, host: "examplebucket.s3.amazonaws.com", "x-amz-date": "20130524T000000Z", "x-amz-content-sha256": hash };
    const signed = Object.keys(all).sort().join(";");
    all["authorization"] = `AWS4-HMAC-SHA256 Credential=${S3_SCOPE},SignedHeaders=${signed},Signature=${signature}`;
    const wire = request(method, url, all);
    const authorization = authorizationOf(wire);
    expect(isSignatureValid(wire, authorization, keys.derive(S3_SECRET, authorization), hash)).toBe(true);
  });

  it("verifies for the documented presigned URL, and only until it expires", () => {
    const query =
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z" +
      "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    const wire = request("GET", `/test.txt?${query}`, { host: "examplebucket.s3.amazonaws.com" });
    const at = (time: string): unknown =>
      authenticate(wire, authorizationOf(wire), {
        protocol: "restXml",
        keys,
        payloadHash: "UNSIGNED-PAYLOAD",
        realTime: new Date(time),
        cloudTime: new Date(time),
        credentials: { find: () => ({ accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: S3_SECRET, principal: { accountId: "1", arn: "a" } }) },
      });
    expect(at("2013-05-24T23:59:59Z")).toMatchObject({ principal: { arn: "a" } });
    expect(() => at("2013-05-25T00:00:01Z")).toThrow("Request has expired");
    expect(() => at("2013-05-23T23:00:00Z")).toThrow("Request is not valid yet");
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
const SEED: Authorization = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  date: "20130524",
  region: "us-east-1",
  service: "s3",
  signedHeaders: [],
  timestamp: "20130524T000000Z",
  sessionToken: undefined,
  expiresSeconds: undefined,
  signature: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
};
const CHUNKS: readonly [number, string][] = [
  [65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"],
  [1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"],
  [0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"],
];

function chunkedBody(fill = "a"): Buffer {
  return Buffer.from(CHUNKS.map(([size, signature]) => `${size.toString(16)};chunk-signature=${signature}\r\n${fill.repeat(size)}\r\n`).join(""));
}

function decode(body: Buffer, stepBytes: number, decodedLength = 66_560): number {
  const signatures = new ChunkSignatures(SEED, keys.derive(S3_SECRET, SEED));
  const decoder = new AwsChunkedDecoder({ decodedLength, signatures, trailerNames: undefined });
  let total = 0;
  for (let offset = 0; offset < body.length; offset += stepBytes) {
    decoder.write(body.subarray(offset, offset + stepBytes), (data) => {
      total += data.length;
    });
  }
  decoder.end();
  return total;
}

describe("a body of signed chunks", () => {
  it.each([1, 7, 100, 65_536, 100_000])("verifies for the documented example, in pieces of %i bytes", (stepBytes) => {
    expect(decode(chunkedBody(), stepBytes)).toBe(66_560);
  });

  it("fails when a byte, the end or the length is not as signed", () => {
    const body = chunkedBody();
    const changed = Buffer.from(body);
    changed.writeUInt8(98, 40_000);
    expect(() => decode(changed, 1000)).toThrow("signature of a chunk");
    expect(() => decode(body.subarray(0, -90), 1000)).toThrow("number of bytes");
    expect(() => decode(body, 1000, 66_561)).toThrow("number of bytes");
    expect(() => decode(body, 1000, 66_559)).toThrow("number of bytes");
  });

  it("verifies trailing headers with their own signature", () => {
    const seed = { ...SEED, signature: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e" };
    const signatures = new ChunkSignatures(seed, keys.derive(S3_SECRET, seed));
    const chunk = (size: number): string => createHash("sha256").update("a".repeat(size)).digest("hex");
    expect(signatures.isNextChunk("b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2", chunk(65_536))).toBe(true);
    expect(signatures.isNextChunk("1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7", chunk(1024))).toBe(true);
    expect(signatures.isNextChunk("2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992", EMPTY_HASH)).toBe(true);
    expect(signatures.isTrailer("d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435", "x-amz-checksum-crc32c:sOO8/Q==\n")).toBe(true);
  });
});
