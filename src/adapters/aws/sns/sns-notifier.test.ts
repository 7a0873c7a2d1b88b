import { CreateTopicCommand, SNSClient } from "@aws-sdk/client-sns";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { LocalCloud } from "../../../local/index.js";
import type { Notification } from "../../../ports/index.js";
import { notifierConformance } from "../../../testing/notifier-conformance.js";
import { AwsAccount } from "../aws-account.js";

let cloud: LocalCloud;
let topics = 0;
const opened: AwsAccount[] = [];
const message: Notification = { id: "session-1", type: "session:failed", severity: "error", subject: "s", text: "t", at: "2026-11-24T02:00:00.000Z", policy: "gold", facts: { session: "1" } };

beforeAll(async () => {
  cloud = await LocalCloud.start({ durable: false });
});
afterEach(() => {
  cloud.faults.removeAll();
});
afterAll(async () => {
  await Promise.all(opened.map((account) => account.close()));
  await cloud.close();
});

function account(): AwsAccount {
  const made = new AwsAccount({ ...cloud.connection({ region: "eu-west-1" }), limits: { maxAttempts: 1, totalTimeoutMs: 1_000 } });
  opened.push(made);
  return made;
}

async function newTopic({ isFifo = false } = {}): Promise<string> {
  const client = new SNSClient(cloud.connection({ region: "eu-west-1" }));
  const { TopicArn: topicArn = "" } = await client.send(new CreateTopicCommand({ Name: `topic-${String(++topics)}${isFifo ? ".fifo" : ""}`, ...(isFifo && { Attributes: { FifoTopic: "true" } }) }));
  client.destroy();
  return topicArn;
}

describe("a topic of SNS", () => {
  notifierConformance({
    test: it,
    open: async () => {
      const topicArn = await newTopic();
      const own = account();
      cloud.faults.removeAll();
      return {
        notifier: own.snsNotifier({ topicArn }),
        received: async () => cloud.messages(topicArn).map(({ subject = "", message: text }) => ({ subject, text })),
        refuse: (how) => {
          if (how === "later") cloud.faults.inject({ service: "sns", operation: "Publish", kind: "throttle" });
          else cloud.deny({ action: "sns:Publish", resource: topicArn });
        },
        stall: () => cloud.faults.inject({ service: "sns", operation: "Publish", kind: "latency", ms: 3_000 }),
        secrets: [cloud.connection({ region: "eu-west-1" }).credentials.secretAccessKey],
        maxSubjectCharacters: 99,
      };
    },
  });

  it("bears attributes by which subscriptions filter, and the whole message for programs", async () => {
    const topicArn = await newTopic();
    await account().snsNotifier({ topicArn, format: "json" }).notify({ ...message, html: "<p>t</p>" });
    const [published] = cloud.messages(topicArn);
    expect(published?.attributes).toEqual({ type: "session:failed", severity: "error", policy: "gold" });
    expect(JSON.parse(published?.message ?? "")).toEqual(message);
  });

  it("that is ordered takes a repeated message once", async () => {
    const topicArn = await newTopic({ isFifo: true });
    const notifier = account().snsNotifier({ topicArn });
    await notifier.notify(message);
    await notifier.notify(message);
    expect(cloud.messages(topicArn)).toHaveLength(1);
  });

  it("that is not there, or is no topic's ARN, is named", async () => {
    await expect(account().snsNotifier({ topicArn: "arn:aws:sns:eu-west-1:000000000000:none" }).notify(message)).rejects.toMatchObject({ code: expect.stringMatching(/TopicNotFound|AccessDenied/) as string });
    expect(() => account().snsNotifier({ topicArn: "backups" })).toThrow('topicArn: must be the ARN of an SNS topic. It is "backups".');
  });
});
