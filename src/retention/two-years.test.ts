import { describe, it } from "vitest";
import { expectYearsOfRetention, tiersAndZones } from "../../test/support/years-of-retention.js";

describe("two years of a policy whose runs fail now and then", () => {
  it.each(tiersAndZones)("leave exactly the points of the brute-force definition on each day, up to the %s tier, in %s", (name, timeZone) => {
    expectYearsOfRetention(name, timeZone, 2);
  });
});
