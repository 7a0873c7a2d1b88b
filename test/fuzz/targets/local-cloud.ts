import * as ebs from "@aws-sdk/client-ebs";
import * as s3 from "@aws-sdk/client-s3";
import * as sts from "@aws-sdk/client-sts";
import { AwsChunkedDecoder } from "../../../src/local/wire/body/aws-chunked-decoder.js";
import type { Codec } from "../../../src/local/wire/codec/codec.js";
import { createCodec } from "../../../src/local/wire/codec/create-codec.js";
import type { WireRequest } from "../../../src/local/wire/call.js";
import { ServiceModel } from "../../../src/local/wire/service-model.js";
import { MalformedAuthorization, parseAuthorization } from "../../../src/local/wire/sigv4/authorization.js";
import { canonicalRequest } from "../../../src/local/wire/sigv4/canonical-request.js";
import { decodeQuery } from "../../../src/local/wire/wire-request.js";
import { ServiceError, type WireProtocol } from "../../../src/local/service.js";
import type { FuzzTarget } from "../target.js";

const isRefusal = (error: unknown): boolean => error instanceof ServiceError || error instanceof MalformedAuthorization;

/** A request as text: its first line, its headers, an empty line, its body. */
function requestOf(input: Buffer): { readonly request: WireRequest; readonly body: Buffer } {
  const end = input.indexOf("\n\n");
  const [first = "", ...lines] = input.subarray(0, end < 0 ? input.length : end).toString("latin1").split("\n");
  const [method = "", url = "/"] = first.split(" ");
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const mark = url.indexOf("?");
  return { request: { method, rawPath: mark < 0 ? url : url.slice(0, mark), query: mark < 0 ? [] : decodeQuery(url.slice(mark + 1)), headers }, body: end < 0 ? Buffer.alloc(0) : input.subarray(end + 2) };
}

/** Each client's schemas alone: no operation is carried out. */
function codecOf(signingName: string, protocol: WireProtocol, schemas: Readonly<Record<string, unknown>>, apiVersion: string): Codec {
  return createCodec(new ServiceModel({ signingName, protocol, apiVersion, schemas, operations: {} }));
}

function decoding(codec: Codec, isForm = false): (input: Buffer) => Promise<void> {
  return async (input) => {
    const { request, body } = requestOf(input);
    const operation = codec.resolve(request, isForm ? body : undefined);
    const source = {
      collect: () => Promise.resolve(body),
      open: () => {
        throw new ServiceError("Streamed", 400, "a body that is streamed is not read here");
      },
    };
    await codec.decode(operation, request, source);
  };
}

const authorization = "AWS4-HMAC-SHA256 Credential=AKID/20261124/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=abcdef";

export const localCloudTargets: readonly FuzzTarget[] = [
  {
    name: "sigv4",
    seeds: () => [Buffer.from(`GET /a/b%20c?x=1&y HTTP\nhost: h\nx-amz-date: 20261124T020000Z\nauthorization: ${authorization}`), Buffer.from("GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20261124%2Fr%2Fs3%2Faws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=a&X-Amz-Date=20261124T020000Z&X-Amz-Expires=60\nhost: h")],
    run: (input) => {
      const { request } = requestOf(input);
      const found = parseAuthorization(request);
      for (const isPathEncodedOnce of [true, false]) canonicalRequest(request, { signedHeaders: found?.signedHeaders ?? ["host"], payloadHash: "UNSIGNED-PAYLOAD", isPathEncodedOnce });
    },
    tokens: ["%", "%ff", "%E2%82%AC", "..", "//", "=", "&", "__proto__", "date: x"],
    isRefusal,
  },
  {
    name: "s3-xml",
    seeds: () => [
      Buffer.from("POST /bucket?delete\nhost: h\n\n<Delete><Object><Key>a</Key></Object><Quiet>true</Quiet></Delete>"),
      Buffer.from('PUT /bucket?versioning\nhost: h\n\n<?xml version="1.0"?><VersioningConfiguration xmlns="a"><Status>Enabled</Status></VersioningConfiguration>'),
      Buffer.from("GET /bucket?list-type=2&max-keys=10&prefix=a\nhost: h"),
      Buffer.from("PUT /bucket?object-lock\nhost: h\n\n<ObjectLockConfiguration><Rule><DefaultRetention><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>"),
    ],
    run: decoding(codecOf("s3", "restXml", s3, "2006-03-01")),
    tokens: ["<", ">", "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "<?", "&amp;", "&#x41;", "&#0;", "&a;", "<!DOCTYPE a>", "<__proto__>1</__proto__>", "<constructor/>", 'a="b"', "\ufeff"],
    isRefusal,
  },
  { name: "ebs-json", seeds: () => [Buffer.from('POST /snapshots\nhost: h\n\n{"VolumeSize":1,"Tags":[{"Key":"a","Value":"b"}],"Timeout":60}'), Buffer.from("GET /snapshots/snap-1/blocks?maxResults=100&startingBlockIndex=5\nhost: h")], run: decoding(codecOf("ebs", "restJson", ebs, "2019-11-02")), tokens: ["{", "}", "[", "]", '"__proto__":{}', "null", "1e999"], isRefusal },
  { name: "query-form", seeds: () => [Buffer.from("POST /\nhost: h\n\nAction=AssumeRole&Version=2011-06-15&RoleArn=a&RoleSessionName=b&PolicyArns.member.1.arn=c&Tags.member.1.Key=k&Tags.member.1.Value=v")], run: decoding(codecOf("sts", "awsQuery", sts, "2011-06-15"), true), tokens: ["Action=", "&", "=", ".member.1", ".", "%00", "__proto__", "constructor.1=a", "+"], isRefusal },
  {
    name: "aws-chunked",
    seeds: () => [Buffer.from("3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n"), Buffer.from("1;chunk-signature=aa\r\na\r\n0\r\n\r\n")],
    run: (input) => {
      const decoder = new AwsChunkedDecoder({ decodedLength: 3, signatures: undefined, trailerNames: ["x-amz-checksum-crc32"] });
      let bytes = 0;
      for (let at = 0; at < input.length; at += 7) decoder.write(input.subarray(at, at + 7), (data) => (bytes += data.length));
      decoder.end();
      if (bytes !== 3) throw new RangeError(`${String(bytes)} bytes came of a body of 3`);
    },
    tokens: ["\r\n", "0\r\n", "ffffffff\r\n", "x-amz-checksum-crc32:", "__proto__:1\r\n"],
    isRefusal,
  },
];
