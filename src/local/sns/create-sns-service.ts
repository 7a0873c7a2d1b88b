import type * as sns from "@aws-sdk/client-sns";
import { randomUUID } from "node:crypto";
import { ServiceError } from "../service.js";
import type { Operation, RequestContext, ServiceDefinition } from "../service.js";
import type { TopicStore } from "./topic-store.js";

export interface SnsServiceOptions {
  readonly store: TopicStore;
  /** What the SNS client publishes; undefined where it is not installed: it is an optional package. */
  readonly client: Readonly<Record<string, unknown>> | undefined;
}

const COMMON = { signingName: "sns", protocol: "awsQuery", apiVersion: "2010-03-31", xmlNamespace: "http://sns.amazonaws.com/doc/2010-03-31/" } as const;

/** SNS as far as messages are published: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
export function createSnsService({ store, client }: SnsServiceOptions): ServiceDefinition {
  if (client === undefined) {
    return { ...COMMON, schemas: {}, operations: {}, unavailable: "The local cloud has no SNS, because the package @aws-sdk/client-sns is not installed: npm install @aws-sdk/client-sns" };
  }
  const bind =
    <Input, Output>(run: (store: TopicStore, input: Input, context: RequestContext) => Output | Promise<Output>): Operation<Input, Output> =>
    async (input, context) =>
      await run(store, input, context);
  return {
    ...COMMON,
    schemas: client,
    permissions: (operation, { TopicArn, Name }, { accountId, region }) => [
      { action: `sns:${operation}`, resource: typeof TopicArn === "string" ? TopicArn : typeof Name === "string" ? arnOf(accountId, region, Name) : "*" },
    ],
    operations: { CreateTopic: bind(createTopic), DeleteTopic: bind(deleteTopic), ListTopics: bind(listTopics), Publish: bind(publish) },
  };
}

async function createTopic(store: TopicStore, { Name: name = "", Attributes: attributes = {} }: sns.CreateTopicInput, { accountId, region }: RequestContext): Promise<sns.CreateTopicResponse> {
  const isFifo = attributes["FifoTopic"] === "true";
  if (!/^[\w-]{1,256}(\.fifo)?$/.test(name) || name.endsWith(".fifo") !== isFifo) throw invalid("Topic Name");
  const topicArn = arnOf(accountId, region, name);
  await store.add(topicArn);
  return { TopicArn: topicArn };
}

async function deleteTopic(store: TopicStore, { TopicArn: topicArn = "" }: sns.DeleteTopicInput): Promise<void> {
  await store.remove(topicArn);
}

function listTopics(store: TopicStore, _input: sns.ListTopicsInput, { accountId, region }: RequestContext): sns.ListTopicsResponse {
  return { Topics: store.topics(accountId, region).map((topicArn) => ({ TopicArn: topicArn })) };
}

const MAX_MESSAGE_BYTES = 262_144;
const MAX_SUBJECT_CHARACTERS = 99;
const DEDUPLICATION_MS = 300_000;

async function publish(store: TopicStore, input: sns.PublishInput, { accountId, region, clock }: RequestContext): Promise<sns.PublishResponse> {
  const { TopicArn: topicArn, Subject: subject, Message: message = "", MessageAttributes = {}, MessageDeduplicationId: deduplicationId, MessageGroupId: group } = input;
  if (topicArn === undefined) throw invalid("TopicArn or TargetArn Reason: no value for required parameter");
  const [, , , topicRegion, topicAccount] = topicArn.split(":");
  if (topicRegion !== region) throw invalid("TopicArn");
  // A topic has no policy of its own here: it is its own account's.
  if (topicAccount !== accountId) throw new ServiceError("AuthorizationError", 403, `User is not authorized to perform: SNS:Publish on resource: ${topicArn} because no resource-based policy allows the SNS:Publish action`);
  if (!store.has(topicArn)) throw new ServiceError("NotFound", 404, "Topic does not exist");
  if (message === "") throw invalid("Empty message");
  if (subject !== undefined && (subject === "" || Array.from(subject).length > MAX_SUBJECT_CHARACTERS || /\p{Cc}/u.test(subject))) throw invalid("Subject");
  const attributes = new Map<string, string>();
  let sizeBytes = Buffer.byteLength(message);
  for (const [name, { DataType: type = "", StringValue: value = "" }] of Object.entries(MessageAttributes)) {
    if (!/^[\w.-]{1,256}$/.test(name) || !/^(String|Number)/.test(type) || value === "") throw invalid(`MessageAttributes ${name}`);
    attributes.set(name, value);
    sizeBytes += Buffer.byteLength(name) + Buffer.byteLength(type) + Buffer.byteLength(value);
  }
  if (sizeBytes > MAX_MESSAGE_BYTES) throw invalid("Message too long");
  const isFifo = topicArn.endsWith(".fifo");
  if (isFifo !== (group !== undefined)) throw invalid(isFifo ? "The MessageGroupId parameter is required for FIFO topics" : "MessageGroupId Reason: The request includes MessageGroupId parameter that is not valid for this topic type");
  const now = clock.now();
  const repeated = store.messages(topicArn).find((earlier) => deduplicationId !== undefined && earlier.deduplicationId === deduplicationId && now.getTime() - Date.parse(earlier.publishedAt) < DEDUPLICATION_MS);
  if (repeated !== undefined) return { MessageId: repeated.messageId };
  const messageId = randomUUID();
  await store.publish({ messageId, topicArn, ...(subject !== undefined && { subject }), message, attributes: Object.fromEntries(attributes), publishedAt: now.toISOString(), ...(deduplicationId !== undefined && { deduplicationId }) });
  return { MessageId: messageId };
}

function arnOf(accountId: string, region: string, name: string): string {
  return `arn:aws:sns:${region}:${accountId}:${name}`;
}

function invalid(what: string): ServiceError {
  return new ServiceError("InvalidParameter", 400, `Invalid parameter: ${what}`);
}
