import assert from "node:assert/strict";
import { HoldfastError } from "../errors/index.js";

/** Asserts that a call rejects with an error of the engine of this class and code. */
export async function raises(given: Promise<unknown>, name: string, code: string): Promise<void> {
  await assert.rejects(given, (error: unknown) => {
    assert.ok(HoldfastError.isInstance(error), `${String(error)} is no HoldfastError`);
    assert.deepEqual([error.name, error.code], [name, code]);
    return true;
  });
}
