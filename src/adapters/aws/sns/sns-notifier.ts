import type { PublishCommandInput } from "@aws-sdk/client-sns";
import { inspect } from "node:util";
import { ConfigurationError, NotFoundError } from "../../../errors/index.js";
import { checkOptionNames, invalidOption } from "../../../options/option-error.js";
import type { CallOptions, Notification, Notifier } from "../../../ports/index.js";
import type { AwsCalls } from "../aws-calls.js";
import type { SnsPackage } from "../clients/aws-packages.js";
import type { LazyClient } from "../clients/lazy-client.js";

/** Which topic is told, and how. */
export interface SnsNotifierOptions {
  /** The topic's ARN; it is called in its own region. One whose name ends in `.fifo` is told in order, by policy. */
  readonly topicArn: string;
  /** `"text"`, the default: for people, by e-mail or SMS. `"json"`: the whole `Notification`, for programs. */
  readonly format?: "text" | "json" | undefined;
}

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: less than 100 characters. */
const maxSubjectCharacters = 99;
/** The same page: 262,144 bytes, of which attributes take their part. */
const maxMessageBytes = 260_000;
const cutNote = "\n[The message was longer than SNS takes and ends here.]";

/** How a topic is called. */
export interface SnsNotifierCalls {
  readonly calls: AwsCalls;
  readonly client: (region: string) => LazyClient<SnsPackage>;
}

/** Sends messages to an SNS topic. Type, severity and policy are attributes, for the filters of subscriptions. */
export class SnsNotifier implements Notifier {
  readonly destination: string;
  readonly #topicArn: string;
  readonly #region: string;
  readonly #format: "text" | "json";
  readonly #calls: SnsNotifierCalls;

  constructor(options: SnsNotifierOptions, calls: SnsNotifierCalls) {
    checkOptionNames(options, ["topicArn", "format"], "a topic's notifier");
    const { topicArn, format = "text" } = options;
    const region = typeof topicArn === "string" ? /^arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[\w-]{1,256}(?:\.fifo)?$/.exec(topicArn)?.[1] : undefined;
    if (region === undefined) throw invalidOption("topicArn", topicArn, "must be the ARN of an SNS topic.");
    if (!["text", "json"].includes(format)) throw invalidOption("format", format, 'must be "text" or "json".');
    this.#topicArn = topicArn;
    this.#region = region;
    this.#format = format;
    this.#calls = calls;
    this.destination = topicArn;
  }

  async notify(notification: Notification, { signal }: CallOptions = {}): Promise<void> {
    const { calls, client } = this.#calls;
    signal?.throwIfAborted();
    const sns = client(this.#region);
    const call = { service: "sns", operation: "Publish", region: this.#region, client: sns, resource: this.#topicArn, signal, deniedHint: "the topic's own policy must allow it too, and the key of an encrypted topic", translate: ({ code }: { readonly code: string }) => refusalOf(code, this.#topicArn) } as const;
    await calls.run(call, ({ signal: abortSignal }) => sns.send((aws) => new aws.PublishCommand(this.#input(notification)), { abortSignal }));
  }

  /** Where messages go. */
  toJSON(): Readonly<Record<string, string>> {
    return { destination: this.destination };
  }

  /** How it prints. */
  [inspect.custom](): string {
    return `SnsNotifier ${this.destination}`;
  }

  #input(notification: Notification): PublishCommandInput {
    const { id, type, severity, subject, text, policy } = notification;
    const { html: _, ...forPrograms } = notification;
    const body = this.#format === "json" ? JSON.stringify(forPrograms) : text;
    const attribute = (value: string): { DataType: string; StringValue: string } => ({ DataType: "String", StringValue: value });
    return {
      TopicArn: this.#topicArn,
      Subject: Array.from(subject).slice(0, maxSubjectCharacters).join(""),
      Message: this.#format === "json" && Buffer.byteLength(body) > maxMessageBytes ? JSON.stringify({ ...forPrograms, text: cut(text), facts: {} }) : cut(body),
      MessageAttributes: { type: attribute(type), severity: attribute(severity), ...(policy !== undefined && { policy: attribute(policy) }) },
      ...(this.#topicArn.endsWith(".fifo") && { MessageGroupId: groupOf(policy), MessageDeduplicationId: id }),
    };
  }
}

/** A whole number of characters within what SNS takes. */
function cut(text: string): string {
  if (Buffer.byteLength(text) <= maxMessageBytes) return text;
  // a decoder leaves out what is no whole character at the end
  return `${new TextDecoder().decode(Buffer.from(text).subarray(0, maxMessageBytes - cutNote.length), { stream: true })}${cutNote}`;
}

/** Messages of one policy keep their order. SNS takes letters, digits and punctuation. */
function groupOf(policy = "holdfast"): string {
  return Buffer.from(policy).toString("hex").slice(0, 128);
}

function refusalOf(code: string, topicArn: string): NotFoundError | ConfigurationError | undefined {
  const context = { topicArn };
  if (code === "NotFound" || code === "NotFoundException") return new NotFoundError(`There is no topic ${topicArn} for these credentials: check the ARN and the account.`, { code: "TopicNotFound", context });
  if (code === "InvalidParameter" || code === "InvalidParameterException") return new ConfigurationError(`SNS does not take a message to ${topicArn} as it is: check that the topic is of the kind that its name says.`, { code: "WrongTopicKind", context });
  return undefined;
}
