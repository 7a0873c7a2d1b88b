import { createHash, createHmac } from "node:crypto";
import { Agent, request as httpRequest } from "node:http";
import { LocalCloud } from "../../../src/local/index.js";
import { ServiceError } from "../../../src/local/service.js";
import { canonicalRequest, hashCanonicalRequest } from "../../../src/local/wire/sigv4/canonical-request.js";
import { decodeQuery } from "../../../src/local/wire/wire-request.js";
import type { FuzzTarget } from "../target.js";

// The local cloud as a whole, by requests that are signed after they were changed: so they come through to what the services do with them.

const region = "eu-west-1";
/** What requests make is forgotten from time to time: else each one would meet another cloud. */
const inputsPerCloud = 300;
const maxWaitMs = 5_000;

interface Beginning {
  readonly cloud: LocalCloud;
  readonly names: Readonly<Record<string, string>>;
}

const form = (text: string): string => `ec2 POST /\ncontent-type: application/x-www-form-urlencoded\n\n${text}&Version=2016-11-15`;
let begun: Promise<Beginning> | undefined;
let inputs = 0;
const agent = new Agent({ keepAlive: false });

async function begin(): Promise<Beginning> {
  const cloud = await LocalCloud.start({ durable: false, limits: { blocks: "none" } });
  const volume = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a`, tags: { a: "b" } });
  await cloud.volumes.write(volume, 0, Buffer.alloc(524_288, 1));
  const ask = async (text: string): Promise<string> => {
    const { status, body } = await answerOf({ cloud, names: {} }, Buffer.from(text));
    if (status !== 200) throw new Error(`${text} was answered with ${String(status)}: ${body}`);
    return body;
  };
  await ask("s3 PUT /bucket\n\n<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>");
  await ask("s3 PUT /bucket/key\n\nbody");
  const idIn = async (action: string, id: RegExp): Promise<string> => id.exec(await ask(form(`Action=${action}`)))?.[0] ?? "";
  const names = {
    VOLUME: volume,
    SNAPSHOT: await idIn(`CreateSnapshot&VolumeId=${volume}`, /snap-[0-9a-f]{17}/),
    IMAGE: await idIn("DescribeImages", /ami-[0-9a-f]{17}/),
    VPC: await idIn("DescribeVpcs", /vpc-[0-9a-f]{17}/),
    GROUP: await idIn("DescribeSecurityGroups", /sg-[0-9a-f]{17}/),
    UPLOAD: /<UploadId>([^<]+)</.exec(await ask("s3 POST /bucket/part?uploads\n\n"))?.[1] ?? "",
  };
  return { cloud, names };
}

async function cloudFor(): Promise<Beginning> {
  if (++inputs % inputsPerCloud === 0) await close();
  return await (begun ??= begin());
}

async function close(): Promise<void> {
  const before = await begun;
  begun = undefined;
  await before?.cloud.close();
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** `service METHOD /path?query`, headers, an empty line, and a body; `$VOLUME`, `$SNAPSHOT` and so on are what is there. */
async function answerOf({ cloud, names }: Beginning, input: Buffer): Promise<Answer> {
  const end = input.indexOf("\n\n");
  const filled = (text: string): string => text.replace(/\$(VOLUME|SNAPSHOT|IMAGE|VPC|GROUP|UPLOAD)/g, (_, name: string) => names[name] ?? "");
  const [first = "", ...lines] = filled(input.toString("latin1", 0, end < 0 ? input.length : end)).split("\n");
  const body = Buffer.from(end < 0 ? "" : filled(input.toString("latin1", end + 2)), "latin1");
  const [service = "", method = "", url = "/"] = first.split(" ");
  const { endpoint, credentials } = cloud.connection({ region });
  const date = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const payloadHash = createHash("sha256").update(body).digest("hex");
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  if (headers["content-md5"] === "auto") headers["content-md5"] = createHash("md5").update(body).digest("base64");
  Object.assign(headers, { host: new URL(endpoint).host, "x-amz-date": date, "x-amz-content-sha256": headers["x-amz-content-sha256"] ?? payloadHash, "content-length": String(body.length) });
  const mark = url.indexOf("?");
  const signedHeaders = Object.keys(headers).sort();
  const request = { method, rawPath: mark < 0 ? url : url.slice(0, mark), query: mark < 0 ? [] : decodeQuery(url.slice(mark + 1)), headers };
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const hash = hashCanonicalRequest(canonicalRequest(request, { signedHeaders, payloadHash: headers["x-amz-content-sha256"] ?? "", isPathEncodedOnce: service === "s3" }));
  let key: string | Buffer = `AWS4${credentials.secretAccessKey}`;
  for (const part of scope.split("/")) key = createHmac("sha256", key).update(part).digest();
  const signature = createHmac("sha256", key).update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash}`).digest("hex");
  return await send(new URL(endpoint), url, { method, headers: { ...headers, authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}` } }, body);
}

async function send(origin: URL, path: string, options: { readonly method: string; readonly headers: Readonly<Record<string, string>> }, body: Buffer): Promise<Answer> {
  return await new Promise<Answer>((resolve, reject) => {
    const outgoing = httpRequest({ agent, host: origin.hostname, port: origin.port, path, ...options, timeout: maxWaitMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("latin1") }));
      response.on("error", reject);
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${String(maxWaitMs)} ms`)));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

const iamForm = (text: string): string => `iam POST /\ncontent-type: application/x-www-form-urlencoded\n\n${text}&Version=2010-05-08`;
const target = (operation: string, body: object): string => `kms POST /\nx-amz-target: TrentService.${operation}\ncontent-type: application/x-amz-json-1.1\n\n${JSON.stringify(body)}`;
const trust = encodeURIComponent(JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] }));

const requests = [
  "s3 GET /bucket?list-type=2&prefix=k&max-keys=5&encoding-type=url&delimiter=%2F&start-after=a\n\n",
  "s3 GET /bucket?versions&key-marker=a&version-id-marker=b\n\n",
  "s3 PUT /bucket/a%20b\nx-amz-meta-a: b\nx-amz-tagging: a=b\nif-none-match: *\nx-amz-storage-class: STANDARD_IA\n\nbody",
  "s3 GET /bucket/key\nrange: bytes=1-2\nif-match: *\n\n",
  "s3 HEAD /bucket/key?versionId=null\n\n",
  "s3 DELETE /bucket/key\n\n",
  "s3 PUT /bucket?versioning\n\n<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
  "s3 PUT /bucket?tagging\n\n<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
  "s3 PUT /bucket?lifecycle\n\n<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Filter><Prefix>a</Prefix></Filter><Expiration><Days>5</Days></Expiration></Rule></LifecycleConfiguration>",
  `s3 PUT /bucket?policy\n\n${JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::bucket/denied/*", Condition: { StringLike: { "aws:PrincipalArn": "*a*" } } }] })}`,
  "s3 POST /bucket?delete\ncontent-md5: auto\n\n<Delete><Object><Key>a</Key></Object></Delete>",
  "s3 POST /bucket/part?uploads\n\n",
  "s3 PUT /bucket/part?partNumber=1&uploadId=$UPLOAD\n\nbody",
  "s3 POST /bucket/part?uploadId=$UPLOAD\n\n<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>a</ETag></Part></CompleteMultipartUpload>",
  "s3 PUT /bucket/copy\nx-amz-copy-source: /bucket/key\n\n",
  "s3 POST /bucket/key?restore\n\n<RestoreRequest><Days>1</Days></RestoreRequest>",
  "s3 PUT /locked\nx-amz-bucket-object-lock-enabled: true\n\n<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>",
  "s3 PUT /bucket/key?retention\n\n<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate></Retention>",
  "ebs GET /snapshots/$SNAPSHOT/blocks?maxResults=100&startingBlockIndex=0\n\n",
  "ebs GET /snapshots/$SNAPSHOT/blocks/0?blockToken=abc\n\n",
  'ebs POST /snapshots\ncontent-type: application/json\n\n{"VolumeSize":1,"Tags":[{"Key":"a","Value":"b"}],"Timeout":60,"ClientToken":"a","Description":"d"}',
  "ebs PUT /snapshots/$SNAPSHOT/blocks/0\nx-amz-data-length: 524288\nx-amz-checksum: a\nx-amz-checksum-algorithm: SHA256\n\nbody",
  "ebs POST /snapshots/completion/$SNAPSHOT\nx-amz-changedblockscount: 1\n\n",
  form("Action=DescribeVolumes&VolumeId.1=$VOLUME&Filter.1.Name=tag%3Aa&Filter.1.Value.1=b*"),
  form("Action=DescribeSnapshots&Owner.1=self&MaxResults=5"),
  form("Action=CreateVolume&AvailabilityZone=eu-west-1a&SnapshotId=$SNAPSHOT&VolumeType=gp3&Iops=3000&TagSpecification.1.ResourceType=volume&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b"),
  form("Action=RunInstances&ImageId=$IMAGE&MinCount=1&MaxCount=1&InstanceType=t3.micro&UserData=IyEvYmluL3No&BlockDeviceMapping.1.DeviceName=%2Fdev%2Fxvda&BlockDeviceMapping.1.Ebs.VolumeSize=9"),
  form("Action=CopySnapshot&SourceRegion=eu-west-1&SourceSnapshotId=$SNAPSHOT"),
  form("Action=ModifySnapshotAttribute&SnapshotId=$SNAPSHOT&CreateVolumePermission.Add.1.UserId=444455556666"),
  form("Action=LockSnapshot&SnapshotId=$SNAPSHOT&LockMode=governance&LockDuration=1"),
  form("Action=CreateTags&ResourceId.1=$VOLUME&Tag.1.Key=__proto__&Tag.1.Value=b"),
  form("Action=CreateSubnet&VpcId=$VPC&CidrBlock=172.31.200.0%2F24"),
  form("Action=AuthorizeSecurityGroupIngress&GroupId=$GROUP&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=1&IpPermissions.1.ToPort=2&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0%2F8"),
  iamForm(`Action=CreateRole&RoleName=a&AssumeRolePolicyDocument=${trust}`),
  iamForm("Action=PutRolePolicy&RoleName=a&PolicyName=b&PolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D"),
  iamForm("Action=SimulatePrincipalPolicy&PolicySourceArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fa&ActionNames.member.1=s3%3AGetObject"),
  "sts POST /\ncontent-type: application/x-www-form-urlencoded\n\nAction=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fa&RoleSessionName=b&DurationSeconds=900",
  target("CreateKey", { Description: "a", Tags: [{ TagKey: "a", TagValue: "b" }] }),
  target("Encrypt", { KeyId: "alias/aws/ebs", Plaintext: "AAAA", EncryptionContext: { a: "b" } }),
  target("Decrypt", { CiphertextBlob: "AAAA" }),
  "sns POST /\ncontent-type: application/x-www-form-urlencoded\n\nAction=CreateTopic&Version=2010-03-31&Name=a",
  "servicequotas POST /\nx-amz-target: ServiceQuotasV20190624.GetServiceQuota\ncontent-type: application/x-amz-json-1.1\n\n{\"ServiceCode\":\"ec2\",\"QuotaCode\":\"L-1216C47A\"}",
];

export const wholeCloudTargets: readonly FuzzTarget[] = [
  {
    name: "local-cloud",
    weight: 5,
    seeds: () => requests.map((text) => Buffer.from(text)),
    run: async (input) => {
      const beginning = await cloudFor();
      let answer: Answer;
      try {
        answer = await answerOf(beginning, input);
      } catch (error) {
        // what cannot be sent at all, or is no URI, is none of the cloud's
        const code = String((error as { readonly code?: unknown }).code);
        if (error instanceof ServiceError || /^(ERR_INVALID|ERR_UNESCAPED|ERR_HTTP|HPE_)/.test(code) || (error instanceof TypeError && code === "ERR_INVALID_URL")) return "not sent";
        if (code === "ECONNRESET" && beginning.cloud.calls.list().at(-1)?.failure === undefined) return "hung up";
        throw error;
      }
      const { status, body } = answer;
      const call = beginning.cloud.calls.list().at(-1);
      if (call?.failure !== undefined || (status >= 500 && ![501, 503].includes(status))) throw new Error(`${String(call?.service)}:${String(call?.operation)} answered ${String(status)}: ${call?.failure instanceof Error ? (call.failure.stack ?? call.failure.message) : body.slice(0, 300)}`);
      return `${String(call?.operation)} ${String(status)} ${String(call?.errorCode)}`;
    },
    tokens: ["&", "=", "?", "/", "%2F", "..", "%00", ".1.", "<", "</", "/>", '"', "{", "}", "*", "null", "-1", "1e999", "__proto__", "constructor", "$VOLUME", "$SNAPSHOT", "bucket", "9999999999", "2030-01-01T00:00:00Z"],
    isRefusal: () => false,
    maxMs: 4_000,
    close,
  },
];
