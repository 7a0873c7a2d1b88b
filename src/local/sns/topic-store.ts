import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { assertFormatVersion, parseStored } from "../stored-document.js";

/** A message as a topic's subscribers would have it. */
export interface PublishedMessage {
  readonly messageId: string;
  readonly topicArn: string;
  readonly subject?: string | undefined;
  readonly message: string;
  /** By name. */
  readonly attributes: Readonly<Record<string, string>>;
  /** ISO 8601, by the cloud's clock. */
  readonly publishedAt: string;
  /** Of a FIFO topic: what makes a repetition within five minutes nothing. */
  readonly deduplicationId?: string | undefined;
}

interface StoredTopics {
  readonly formatVersion: 1;
  readonly topics: readonly string[];
  readonly messages: readonly PublishedMessage[];
}

/** Messages that are kept for each account: the newest. */
const MAX_MESSAGES = 1000;
const FILE_NAME = /^(\d{12})\.json$/;

/** The topics of every account with what was published to them: in memory, with a file an account that is replaced whole by each change. */
export class TopicStore {
  readonly #directory: string;
  readonly #topics: Set<string>;
  readonly #messages: PublishedMessage[];
  #saving: Promise<void> = Promise.resolve();

  private constructor(directory: string, topics: Set<string>, messages: PublishedMessage[]) {
    this.#directory = directory;
    this.#topics = topics;
    this.#messages = messages;
  }

  static async open(directory: string): Promise<TopicStore> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const topics = new Set<string>();
    const messages: PublishedMessage[] = [];
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      if (FILE_NAME.test(name)) {
        const stored = parseStored(path, await readFile(path, "utf8"), { topics: "texts", messages: ["messageId", "topicArn", "message", "publishedAt"] }) as StoredTopics;
        assertFormatVersion(path, stored);
        for (const topic of stored.topics) topics.add(topic);
        messages.push(...stored.messages);
        // a file that was being written when the process died
      } else await rm(path, { force: true });
    }
    return new TopicStore(directory, topics, messages);
  }

  has(topicArn: string): boolean {
    return this.#topics.has(topicArn);
  }

  /** ARNs of an account's topics in a region, in order. */
  topics(accountId: string, region: string): string[] {
    return [...this.#topics].filter((arn) => arn.startsWith(`arn:aws:sns:${region}:${accountId}:`)).sort();
  }

  /** What was published to a topic, oldest first; without one, to all. */
  messages(topicArn?: string): PublishedMessage[] {
    return this.#messages.filter((message) => topicArn === undefined || message.topicArn === topicArn);
  }

  async add(topicArn: string): Promise<void> {
    this.#topics.add(topicArn);
    await this.#save(accountOf(topicArn));
  }

  async remove(topicArn: string): Promise<void> {
    this.#topics.delete(topicArn);
    await this.#save(accountOf(topicArn));
  }

  async publish(message: PublishedMessage): Promise<void> {
    this.#messages.push(message);
    const accountId = accountOf(message.topicArn);
    const own = this.#messages.filter(({ topicArn }) => accountOf(topicArn) === accountId);
    if (own.length > MAX_MESSAGES) this.#messages.splice(this.#messages.indexOf(own[0] as PublishedMessage), 1);
    await this.#save(accountId);
  }

  /** Waits until everything is written. */
  async close(): Promise<void> {
    await this.#saving;
  }

  async #save(accountId: string): Promise<void> {
    const saving = this.#saving.then(async () => {
      const path = join(this.#directory, `${accountId}.json`);
      const file = await open(`${path}.new`, "w", 0o600);
      try {
        const stored: StoredTopics = {
          formatVersion: 1,
          topics: [...this.#topics].filter((arn) => accountOf(arn) === accountId),
          messages: this.#messages.filter(({ topicArn }) => accountOf(topicArn) === accountId),
        };
        await file.writeFile(JSON.stringify(stored));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
    });
    // The next write goes on whether or not this one fails; whoever asked for this one is told.
    this.#saving = saving.catch(() => undefined);
    await saving;
  }
}

function accountOf(topicArn: string): string {
  return topicArn.split(":")[4] ?? "";
}
