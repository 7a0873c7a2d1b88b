import { describe, expect, it } from "vitest";
import { defaultPace } from "../../mover/protocol/pace.js";
import { moverOptionsOfEnvironment } from "./mover-options.js";

const environment = { HOLDFAST_BUCKET: "b", HOLDFAST_BUCKET_OWNER: "111122223333", HOLDFAST_REGION: "eu-west-1", HOLDFAST_PREFIX: "p", HOLDFAST_WORKER: "w", HOLDFAST_ARCHITECTURE: "x64", HOLDFAST_MAX_LIFE_SECONDS: "3600" };

describe("the environment of a data mover", () => {
  it("says where it works, who it is, and how long it lives", () => {
    expect(moverOptionsOfEnvironment(environment)).toMatchObject({ bucket: "b", identity: { worker: "w", instanceId: "unknown", maxLifeMs: 3_600_000 }, pace: defaultPace });
    expect(moverOptionsOfEnvironment({ ...environment, HOLDFAST_PACE: '{"pollMs":5}' }).pace).toEqual({ ...defaultPace, pollMs: 5 });
  });

  it.each(["", "soon", "-1", "0", "1e999", "NaN"])("with a life of %j is refused by its name: a worker that never ends is paid for without end", (seconds) => {
    expect(() => moverOptionsOfEnvironment({ ...environment, HOLDFAST_MAX_LIFE_SECONDS: seconds })).toThrow(expect.objectContaining({ code: "InvalidOption", context: { path: "HOLDFAST_MAX_LIFE_SECONDS" } }));
  });

  it.each(["", "{", "null", '{"pollMs":"5"}', '{"pollMs":-1}', '{"unknown":1}'])("with the pace %j is refused by its name", (pace) => {
    expect(() => moverOptionsOfEnvironment({ ...environment, HOLDFAST_PACE: pace })).toThrow(expect.objectContaining({ code: "InvalidOption", context: { path: "HOLDFAST_PACE" } }));
  });
});
