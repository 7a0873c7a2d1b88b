import { describe, it } from "vitest";
import { expectYearsOfRetention, tiersAndZones } from "../support/years-of-retention.js";

describe("ten years of a policy whose runs fail now and then", () => {
  it.each(tiersAndZones)("leave exactly the points of the brute-force definition on each day, up to the %s tier, in %s", (name, timeZone) => {
    expectYearsOfRetention(name, timeZone, 10);
  });
});
