import * as ebs from "@aws-sdk/client-ebs";
import * as ec2 from "@aws-sdk/client-ec2";
import * as iam from "@aws-sdk/client-iam";
import * as kms from "@aws-sdk/client-kms";
import * as s3 from "@aws-sdk/client-s3";
import * as sns from "@aws-sdk/client-sns";
import * as sts from "@aws-sdk/client-sts";
import { gzipSync } from "node:zlib";
import { matcherOf } from "../../../src/local/ec2/filters.js";
import { parseBlock } from "../../../src/local/ec2/network/cidr-block.js";
import { readScript } from "../../../src/local/instances/user-data.js";
import { MalformedPolicy } from "../../../src/local/policies/malformed-policy.js";
import { Policy } from "../../../src/local/policies/policy.js";
import type { PolicyKind } from "../../../src/local/policies/statement.js";
import { claimedChecksum } from "../../../src/local/s3/checksums/claimed-checksum.js";
import { resolveRange } from "../../../src/local/s3/operations/byte-range.js";
import { writeConditionsOf } from "../../../src/local/s3/operations/conditions.js";
import { parseTagHeader } from "../../../src/local/s3/operations/tags.js";
import { AwsChunkedDecoder } from "../../../src/local/wire/body/aws-chunked-decoder.js";
import type { Codec } from "../../../src/local/wire/codec/codec.js";
import { createCodec } from "../../../src/local/wire/codec/create-codec.js";
import type { WireRequest } from "../../../src/local/wire/call.js";
import { ServiceModel } from "../../../src/local/wire/service-model.js";
import { MalformedAuthorization, parseAuthorization } from "../../../src/local/wire/sigv4/authorization.js";
import { canonicalRequest } from "../../../src/local/wire/sigv4/canonical-request.js";
import { decodeQuery } from "../../../src/local/wire/wire-request.js";
import { ServiceError, type RequestContext, type WireProtocol } from "../../../src/local/service.js";
import type { FuzzTarget } from "../target.js";

/** A document and what is asked of it: of each kind of policy, by whom, what, and with which keys. */
const policyOf = (statement: object): string => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
const policyKinds: readonly PolicyKind[] = ["identity", "resource", "trust"];
const policyRequest = {
  principal: { accountId: "111122223333", arn: "arn:aws:sts::111122223333:assumed-role/worker/i-1" },
  action: "s3:GetObject",
  resource: `arn:aws:s3:::backups/${"a".repeat(200)}`,
  read: (key: string) => (key.startsWith("aws:") ? ["a".repeat(50), "2026-11-24T02:00:00Z", "10.0.0.1"] : undefined),
};

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

function decoding(codec: Codec, isForm = false): (input: Buffer) => Promise<string> {
  return async (input) => {
    const { request, body } = requestOf(input);
    const operation = codec.resolve(request, isForm ? body : undefined);
    const source = {
      collect: () => Promise.resolve(body),
      open: () => {
        throw new ServiceError("Streamed", 400, "a body that is streamed is not read here");
      },
    };
    const decoded = await codec.decode(operation, request, source);
    if (({} as Readonly<Record<string, unknown>>)["polluted"] !== undefined) throw new TypeError("the prototype of all objects was changed");
    return `${operation.name}: ${Object.keys(decoded).sort().join(" ")}`;
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
    weight: 2,
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
  {
    name: "ec2-query",
    weight: 2,
    seeds: () => [
      "Action=DescribeVolumes&Version=2016-11-15&Filter.1.Name=tag%3Aa&Filter.1.Value.1=b&MaxResults=500",
      "Action=RunInstances&Version=2016-11-15&ImageId=ami-1&MinCount=1&MaxCount=1&BlockDeviceMapping.1.DeviceName=%2Fdev%2Fxvda&BlockDeviceMapping.1.Ebs.VolumeSize=8&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=k&TagSpecification.1.Tag.1.Value=v&MetadataOptions.HttpTokens=required",
      "Action=CreateTags&Version=2016-11-15&ResourceId.1=vol-1&Tag.1.Key=__proto__&Tag.1.Value=b",
    ].map((form) => Buffer.from(`POST /\nhost: h\n\n${form}`)),
    run: decoding(codecOf("ec2", "ec2Query", ec2, "2016-11-15"), true),
    tokens: ["Action=", "&", "=", ".1", ".2.", "%00", "__proto__", "+", "true", "-1", "1e999"],
    isRefusal,
  },
  { name: "iam-query", seeds: () => [Buffer.from("POST /\nhost: h\n\nAction=CreateRole&Version=2010-05-08&RoleName=a&AssumeRolePolicyDocument=%7B%7D&Tags.member.1.Key=k&Tags.member.1.Value=v"), Buffer.from("POST /\nhost: h\n\nAction=SimulatePrincipalPolicy&Version=2010-05-08&PolicySourceArn=a&ActionNames.member.1=s3%3AGetObject&ContextEntries.member.1.ContextKeyName=a&ContextEntries.member.1.ContextKeyValues.member.1=b")], run: decoding(codecOf("iam", "awsQuery", iam, "2010-05-08"), true), tokens: ["Action=", "&", "=", ".member.1", "__proto__", "%zz"], isRefusal },
  { name: "sns-query", seeds: () => [Buffer.from("POST /\nhost: h\n\nAction=Publish&Version=2010-03-31&TopicArn=a&Message=b&MessageAttributes.entry.1.Name=c&MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=d")], run: decoding(codecOf("sns", "awsQuery", sns, "2010-03-31"), true), tokens: ["Action=", "&", "=", ".entry.2", ".Name=__proto__", "%zz"], isRefusal },
  { name: "kms-json", seeds: () => ([["Encrypt", { KeyId: "a", Plaintext: "AAAA", EncryptionContext: { a: "b" } }], ["CreateKey", { Policy: "{}", Tags: [{ TagKey: "a", TagValue: "b" }] }], ["CreateGrant", { KeyId: "a", GranteePrincipal: "b", Operations: ["Decrypt"], Constraints: { EncryptionContextSubset: { a: "b" } } }]] as const).map(([operation, body]) => Buffer.from(`POST /\nhost: h\nx-amz-target: TrentService.${operation}\ncontent-type: application/x-amz-json-1.1\n\n${JSON.stringify(body)}`)), run: decoding(codecOf("kms", "json", kms, "2014-11-01")), tokens: ["{", "}", "[", "]", '"__proto__":{"polluted":1}', "null", "TrentService.", "Decrypt", "=="], isRefusal },
  {
    name: "iam-policy",
    weight: 2,
    isJson: true,
    seeds: () =>
      [
        policyOf({ Effect: "Allow", Action: ["s3:Get*", "s3:Put?bject"], Resource: "arn:aws:s3:::backups/*a*b*" }),
        policyOf({ Effect: "Deny", NotAction: "s3:*", NotResource: ["*"], Principal: { AWS: ["arn:aws:iam::111122223333:role/worker", "*"], Service: "ec2.amazonaws.com" }, Condition: { StringLike: { "aws:PrincipalArn": "*${aws:username, 'a'}*" }, "ForAnyValue:IpAddress": { "aws:SourceIp": "10.0.0.0/8" }, DateGreaterThanIfExists: { "aws:CurrentTime": "2026-01-01T00:00:00Z" }, NumericLessThan: { "s3:max-keys": "5" }, Null: { "aws:TokenIssueTime": true } } }),
        policyOf({ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } }),
      ].map((text) => Buffer.from(text)),
    run: (input) => {
      const verdicts: string[] = [];
      for (const kind of policyKinds) {
        try {
          const policy = Policy.parse(input.toString("utf8"), kind);
          verdicts.push(kind === "identity" ? policy.evaluate(policyRequest) : policy.evaluateFor(policyRequest).verdict);
        } catch (error) {
          if (!(error instanceof MalformedPolicy)) throw error;
          verdicts.push(error.message.slice(0, 40));
        }
      }
      return verdicts.join(", ").replace(/[\d"]+/g, "_");
    },
    tokens: ["*", "?", "${", "}", "${aws:username}", "*a".repeat(20), '"__proto__":{}', '"Condition":{"StringLike":{}}', '"NotPrincipal":"*"'],
  },
  {
    name: "ec2-filter",
    isJson: true,
    seeds: () => [Buffer.from(JSON.stringify([{ Name: "tag:a", Values: ["*b?", "\\*"] }, { Name: "volume-id", Values: ["vol-*"] }])), Buffer.from(JSON.stringify([{ Name: "tag-key", Values: ["a*a*a*b"] }]))],
    run: (input) => {
      let filters: ec2.Filter[];
      try {
        // as the codec gives them: lists of names and texts
        const given = JSON.parse(input.toString("utf8")) as readonly { readonly Name: unknown; readonly Values: unknown }[];
        filters = given.map(({ Name, Values }) => ({ Name: String(Name), Values: (Array.isArray(Values) ? Values : []).map(String) }));
      } catch {
        return "no filters";
      }
      const matches = matcherOf<{ readonly Tags: ec2.Tag[] }>(filters, { "volume-id": () => "vol-1" });
      return String(matches({ Tags: [{ Key: "a".repeat(120), Value: "a".repeat(250) }, { Key: "a", Value: "bb" }] }));
    },
    tokens: ["*", "?", "\\\\", "a*".repeat(40), "tag:", "constructor"],
    isRefusal,
  },
  {
    name: "s3-headers",
    seeds: () => [["a=b&c=d", "bytes=0-5", "*", '"etag"', "x-amz-checksum-crc32"], ["%61=%E2%82%AC", "bytes=-5", "", "", "x-amz-checksum-sha256, x-amz-checksum-crc32c"], ["", "bytes=3-,5-6", "", "", ""]].map((lines) => Buffer.from(lines.join("\n"))),
    run: (input) => {
      const [tagging = "", range = "", ifNoneMatch = "", ifMatch = "", trailer = ""] = input.toString("latin1").split("\n");
      const found: string[] = [];
      const asks: readonly (() => unknown)[] = [
        () => Object.keys(parseTagHeader(tagging)).length,
        () => {
          const bytes = resolveRange(range, 100);
          if (bytes !== undefined && (bytes.offset < 0 || bytes.length <= 0 || bytes.offset + bytes.length > 100)) throw new RangeError(`${JSON.stringify(bytes)} of 100 bytes`);
          return bytes === undefined ? "all" : "some";
        },
        () => Object.values(writeConditionsOf({ ...(ifNoneMatch !== "" && { IfNoneMatch: ifNoneMatch }), ...(ifMatch !== "" && { IfMatch: ifMatch }) })).filter(Boolean).length,
        () => claimedChecksum({}, { headers: { "x-amz-trailer": trailer } } as unknown as RequestContext)?.algorithm,
        () => parseBlock(tagging) !== undefined,
      ];
      for (const ask of asks) {
        try {
          found.push(String(ask()));
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
          found.push(error.code);
        }
      }
      return found.join(" ");
    },
    tokens: ["bytes=", "-", ",", "&", "=", "%", "%ff", "__proto__=1", "*", '"', "10.0.0.0/8", "x-amz-checksum-"],
  },
  {
    name: "user-data",
    seeds: () => [Buffer.from("#!/bin/sh -e\ntrue\n"), Buffer.from("#cloud-config\n"), gzipSync(Buffer.from("#!/bin/bash\ntrue\n")), gzipSync(Buffer.alloc(2 ** 21))],
    run: (input) => (readScript(input.toString("base64")) === undefined ? "no script" : "a script"),
    tokens: ["#!", "\n", " ", "\u0000", "\u001f\u008b"],
  },
];
