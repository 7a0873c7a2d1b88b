import { createHash } from "node:crypto";
import type { RecordChange, RecordTable } from "../blocks/record-store.js";
import type { RequestContext } from "../service.js";
import { ec2Error, invalidValue } from "./ec2-error.js";

export interface ClientTokenRecord {
  readonly inputDigest: string;
  readonly resourceIds: readonly string[];
  readonly usedAt: string;
}

/** A request with which a token came. */
interface TokenUse {
  readonly operation: string;
  readonly input: { readonly ClientToken?: string | undefined };
  readonly context: RequestContext;
}

const TOKEN = /^[\x20-\x7e]{1,64}$/;

/** https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html: "for at least 24 hours". */
const LIFETIME_MS = 7 * 86_400_000;

/** Makes a repeated request give what the first one made: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html */
export class ClientTokens {
  readonly #table: RecordTable<ClientTokenRecord>;

  constructor(table: RecordTable<ClientTokenRecord>) {
    this.#table = table;
  }

  /** What was made for this token before; raises where it was for another request. */
  find(use: TokenUse): readonly string[] | undefined {
    const token = use.input.ClientToken;
    if (token === undefined || token === "") return undefined;
    if (!TOKEN.test(token)) throw invalidValue("Value for parameter clientToken is invalid. It must have at most 64 ASCII characters.");
    const known = this.#table.get(keyOf(use, token));
    if (known === undefined || this.#isExpired(known, use.context)) return undefined;
    if (known.inputDigest !== digestOf(use.input)) {
      throw ec2Error("IdempotentParameterMismatch", "The client token you have provided is associated with a resource with different parameters.");
    }
    return known.resourceIds;
  }

  /** Keeps what was made; forgets what is long past. */
  changes(use: TokenUse, resourceIds: readonly string[]): RecordChange[] {
    const token = use.input.ClientToken;
    if (token === undefined || token === "") return [];
    const expired = [...this.#table.entries()].filter(([, record]) => this.#isExpired(record, use.context));
    const record = { inputDigest: digestOf(use.input), resourceIds, usedAt: use.context.clock.now().toISOString() };
    return [...expired.map(([id]) => this.#table.remove(id)), this.#table.put(keyOf(use, token), record)];
  }

  #isExpired(record: ClientTokenRecord, context: RequestContext): boolean {
    return context.clock.now().getTime() - new Date(record.usedAt).getTime() > LIFETIME_MS;
  }
}

function keyOf({ operation, context }: TokenUse, token: string): string {
  return [context.accountId, context.region, operation, token].join("/");
}

function digestOf(input: object): string {
  const members = Object.entries(input).filter(([name, value]) => name !== "ClientToken" && name !== "DryRun" && value !== undefined);
  return createHash("sha256").update(JSON.stringify(sorted(Object.fromEntries(members)))).digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, part]) => [name, sorted(part)]),
  );
}
