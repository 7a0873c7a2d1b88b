import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { checkRuntime } from "./node-runtime.js";

it("takes no runtime but the one that was meant, for its own architecture", () => {
  const [x64, arm64] = [Buffer.from("a runtime"), Buffer.from("another")];
  const sha256 = (of: Buffer): string => createHash("sha256").update(of).digest("hex");
  const expected = { x64: sha256(x64), arm64: sha256(arm64) };
  checkRuntime(x64, "x64", expected);
  checkRuntime(arm64, "arm64", expected);
  expect(() => checkRuntime(x64, "arm64", expected)).toThrow(`its SHA-256 is ${expected.x64}, not ${expected.arm64}`);
  expect(() => checkRuntime(x64, "x64")).toThrow(/is not the one that was meant/);
});
