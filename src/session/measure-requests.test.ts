import { describe, expect, it } from "vitest";
import type { RequestCount, RequestCounter } from "../ports/index.js";
import { measuringRequests } from "./measure-requests.js";

const count = (operation: string, requests: number): RequestCount => ({ service: "s3", operation, region: "eu-west-1", requests, throttled: 0, failed: 0 });

describe("what work asked for", () => {
  it("is what is asked in its time, of a counter that cannot tell work apart, and what such a one tells that can", async () => {
    let gets = 3;
    const plain: RequestCounter = { counts: () => [count("GetObject", gets)] };
    const telling: RequestCounter = { counts: () => [count("PutObject", 100)], during: async (work) => await work(() => [count("PutObject", 1), count("GetObject", 2)]) };
    const asked = await measuringRequests([plain, telling, undefined, plain], async (soFar) => {
      expect(soFar()).toEqual([count("GetObject", 2), count("PutObject", 1)]);
      gets += 4;
      return await Promise.resolve(soFar());
    });
    expect(asked).toEqual([count("GetObject", 6), count("PutObject", 1)]);
  });

  it("is not known where nobody counts", async () => {
    expect(await measuringRequests([undefined], async (asked) => await Promise.resolve(asked()))).toBeUndefined();
  });
});
