import { describe, expect, it } from "vitest";
import { architectureOf, chooseProfile, typesOf } from "./choose-profile.js";
import { resolveProfiles } from "./profile-options.js";

const gib = 2 ** 30;

describe("a worker's profile", () => {
  it.each([
    [1, "small", "c5.large"],
    [1_023, "small", "c5.large"],
    [1_024, "medium", "c5.2xlarge"],
    [16_384, "medium", "c5.2xlarge"],
    [16_385, "large", "c5.4xlarge"],
    [65_536, "large", "c5.4xlarge"],
  ] as const)("for %i GiB is %s, a %s", (sizeGib, profile, type) => {
    const profiles = resolveProfiles();
    expect(chooseProfile(profiles, { operation: "backup", sizeBytes: sizeGib * gib })).toBe(profile);
    expect(typesOf(profiles, profile, "eu-west-1")).toEqual([type]);
  });

  it("is its own for archives, retention and verifications, whatever the size", () => {
    for (const operation of ["archive", "retention", "verification"] as const) expect(chooseProfile(resolveProfiles(), { operation, sizeBytes: gib })).toBe("archiving");
    expect(typesOf(resolveProfiles(), "archiving", "eu-west-1")).toEqual(["c5.2xlarge"]);
  });

  it("has other types where that is said: everywhere, in a region, with Graviton", () => {
    const profiles = resolveProfiles({ small: ["c6i.large", "c5.large", "c6i.large"], mediumFromGib: 10, regions: { "eu-west-1": { large: "c7g.4xlarge" } } });
    expect(typesOf(profiles, "small", "us-east-1")).toEqual(["c6i.large", "c5.large"]);
    expect(typesOf(profiles, "large", "eu-west-1")).toEqual(["c7g.4xlarge"]);
    expect(typesOf(profiles, "large", "us-east-1")).toEqual(["c5.4xlarge"]);
    expect(chooseProfile(profiles, { operation: "restore", sizeBytes: 10 * gib })).toBe("medium");
    expect(typesOf(resolveProfiles({}, true), "medium", "eu-west-1")).toEqual(["c7g.2xlarge"]);
  });

  it.each([
    ...["c5.large", "m5zn.large", "g4dn.xlarge", "x2iedn.xlarge", "r7iz.large", "t3.micro", "g5.xlarge", "p4d.24xlarge", "mac1.metal"].map((type) => [type, "x64"] as const),
    ...["c7g.large", "t4g.micro", "m6gd.large", "c7gn.large", "im4gn.large", "is4gen.large", "x2gd.large", "hpc7g.4xlarge", "g5g.xlarge", "a1.large", "c8gb.large"].map((type) => [type, "arm64"] as const),
  ])("knows that %s is %s", (type, architecture) => {
    expect(architectureOf(type)).toBe(architecture);
  });
});
