import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { HttpResponse } from "@smithy/core/protocols";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { leaveBodyUnsigned } from "../request-header.js";
import { placeOf } from "./hot-place.js";
import { RequestSigner } from "./sign-request.js";

interface Captured {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", sessionToken: "token/with+signs==" };

/** What the AWS client would send. */
async function capture(send: (client: S3Client) => Promise<unknown>): Promise<Captured> {
  let captured: unknown;
  const requestHandler = {
    handle: async (request: unknown) => {
      captured = request;
      return Promise.resolve({ response: new HttpResponse({ statusCode: 200, headers: { etag: "1" }, body: Readable.from([]) }) });
    },
  };
  await send(new S3Client({ region: "eu-west-1", credentials, requestHandler, requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" }));
  return captured as Captured;
}

/** The same request, signed here. */
function signAgain({ path, headers, query }: Captured, method: "GET" | "PUT"): string | undefined {
  const signedNames = /SignedHeaders=([^,]+)/.exec(headers["authorization"] ?? "")?.[1]?.split(";") ?? [];
  const own = ["x-amz-date", "x-amz-content-sha256", "x-amz-security-token"];
  const kept = Object.fromEntries(signedNames.filter((name) => !own.includes(name)).map((name) => [name, headers[name] ?? ""]));
  const at = new Date((headers["x-amz-date"] ?? "").replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  return new RequestSigner({ region: "eu-west-1", service: "s3" }).sign({ method, path, query: Object.entries(query), headers: kept }, credentials, at).headers["authorization"];
}

describe("a signer of hot calls", () => {
  it("signs a put as the AWS client does", async () => {
    const request = await capture(async (client) => {
      const command = new PutObjectCommand({ Bucket: "bucket", Key: "a prefix/with (signs)!/packs/3f", Body: "x", ChecksumSHA256: "abc=", IfNoneMatch: "*", Metadata: { "holdfast-put": "1f" } });
      leaveBodyUnsigned(command);
      return await client.send(command);
    });
    expect(signAgain(request, "PUT")).toBe(request.headers["authorization"]);
  });

  it("signs a get with a query as the AWS client does", async () => {
    const request = await capture(async (client) => {
      const command = new GetObjectCommand({ Bucket: "bucket", Key: "packs/3f", Range: "bytes=0-9", VersionId: "a/b+c= ~é" });
      leaveBodyUnsigned(command);
      return await client.send(command);
    });
    expect(signAgain(request, "GET")).toBe(request.headers["authorization"]);
  });

  it("takes another key on another day and for other credentials", () => {
    const signer = new RequestSigner({ region: "eu-west-1", service: "ebs" });
    const sign = (time: string, secretAccessKey: string): string | undefined => signer.sign({ method: "GET", path: "/", headers: { host: "h" } }, { accessKeyId: "A", secretAccessKey }, new Date(time)).headers["authorization"];
    const first = sign("2026-01-01T23:59:59Z", "one");
    expect(sign("2026-01-02T00:00:00Z", "one")).not.toBe(first);
    expect(sign("2026-01-01T23:59:59Z", "two")).not.toBe(first);
    expect(sign("2026-01-01T23:59:59Z", "one")).toBe(first);
  });
});

describe("the place of hot calls", () => {
  const authorization = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=00";
  const request = { protocol: "https:", hostname: "bucket.s3.eu-west-1.amazonaws.com", path: "/packs/3f", headers: { host: "bucket.s3.eu-west-1.amazonaws.com", authorization } };

  it("is where the AWS client sent a call, signed for the same service", () => {
    expect(placeOf(request, "/packs/3f")).toEqual({
      origin: { isTls: true, host: "bucket.s3.eu-west-1.amazonaws.com", port: 443 },
      host: "bucket.s3.eu-west-1.amazonaws.com",
      basePath: "",
      scope: { region: "eu-west-1", service: "s3" },
    });
    expect(placeOf({ ...request, protocol: "http:", hostname: "127.0.0.1", port: 9000, path: "/bucket/packs/3f", headers: { authorization } }, "/packs/3f")).toMatchObject({ host: "127.0.0.1:9000", basePath: "/bucket" });
  });

  it("is nowhere where calls are signed in another way, or their path is another", () => {
    expect(placeOf({ ...request, headers: { ...request.headers, authorization: authorization.replace("HMAC", "ECDSA-P256") } }, "/packs/3f")).toBeUndefined();
    expect(placeOf({ ...request, headers: { ...request.headers, "x-amz-s3session-token": "t" } }, "/packs/3f")).toBeUndefined();
    expect(placeOf(request, "/packs/40")).toBeUndefined();
    expect(placeOf({ ...request, path: "/a%20bucket/packs/3f" }, "/packs/3f")).toBeUndefined();
  });
});
