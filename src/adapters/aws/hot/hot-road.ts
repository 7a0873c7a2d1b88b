import type { DeserializeMiddleware, MiddlewareStack } from "@smithy/types";
import type { AwsCredentials } from "../credentials/aws-credentials.js";
import type { HotConnections } from "./hot-connections.js";
import { HotEndpoint } from "./hot-endpoint.js";
import { placeOf } from "./hot-place.js";
import { jsonRefusal, xmlRefusal } from "./service-refusal.js";
import { encode } from "./sign-request.js";

export interface HotRoadOptions {
  readonly connections: HotConnections;
  readonly credentials: () => Promise<AwsCredentials>;
}

/**
 * The hot road of one service in one region: the few calls that move data, without the stock client.
 *
 * It is not told where the service is and how its calls are signed, but learns it from the stock client's own signed requests. So whatever decides
 * about endpoints - regions, partitions, FIPS, addressing of buckets - decides for both, and where a call is signed in another way than by plain
 * Signature Version 4, there is no hot road and the stock client makes all calls.
 */
export class HotRoad {
  readonly #options: HotRoadOptions;
  #ebs: HotEndpoint | undefined;
  readonly #buckets = new Map<string, HotEndpoint>();

  constructor(options: HotRoadOptions) {
    this.#options = options;
  }

  /** EBS direct, once a call of the stock client has shown where it is. */
  get ebs(): HotEndpoint | undefined {
    return this.#ebs;
  }

  /** A bucket, once a call of the stock client for an object in it has shown where it is. */
  bucket(name: string): HotEndpoint | undefined {
    return this.#buckets.get(name);
  }

  /** Looks at a stock client's signed requests, once they have succeeded. */
  learnFrom<Input extends object, Output extends object>({ middlewareStack }: { readonly middlewareStack: MiddlewareStack<Input, Output> }): void {
    const look: DeserializeMiddleware<Input, Output> = (next) => async (args) => {
      const answer = await next(args);
      // Of a call that succeeded: a refusal may mean that the place is the wrong one.
      this.#look(args.input as Readonly<Record<string, unknown>>, args.request);
      return answer;
    };
    middlewareStack.add(look, { step: "deserialize", name: "holdfastHotRoad", priority: "low" });
  }

  #look({ SnapshotId: snapshotId, BlockIndex: index, Bucket: bucket, Key: key }: Readonly<Record<string, unknown>>, request: unknown): void {
    if (typeof bucket === "string" && typeof key === "string" && !this.#buckets.has(bucket)) {
      const place = placeOf(request, `/${encodeKey(key)}`);
      if (place !== undefined) this.#buckets.set(bucket, new HotEndpoint({ ...this.#options, place, refusal: xmlRefusal }));
    } else if (typeof snapshotId === "string" && this.#ebs === undefined) {
      const place = placeOf(request, `/snapshots/${snapshotId}/blocks${typeof index === "number" ? `/${String(index)}` : ""}`);
      if (place !== undefined) this.#ebs = new HotEndpoint({ ...this.#options, place, refusal: jsonRefusal });
    }
  }
}

/** A key as it stands in a path. */
export function encodeKey(key: string): string {
  return key.split("/").map(encode).join("/");
}
