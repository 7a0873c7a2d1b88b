import { beforeEach, describe, expect, it } from "vitest";
import { MemoryCloud } from "../../../test/support/memory-cloud.js";
import { MemoryWorkerCompute, workerAccount } from "../../../test/support/memory-workers.js";
import { ProviderError } from "../../errors/index.js";
import { ControlObjects } from "../../mover/protocol/control-objects.js";
import { defaultPace } from "../../mover/protocol/pace.js";
import { resolveEnvironment } from "../../session/index.js";
import { FakeClock } from "../../testing/fake-clock.js";
import { MemoryObjectStore } from "../../testing/memory-object-store.js";
import type { PoolContext } from "../pool-context.js";
import { resolvePoolOptions } from "../pool-options.js";
import { StoredRestoreNote } from "./stored-restore-note.js";

const sessionId = "a".repeat(32);
const name = `restores/${sessionId}.json`;

let clock: FakeClock;
let store: MemoryObjectStore;
beforeEach(() => {
  clock = new FakeClock();
  store = new MemoryObjectStore({ clock });
});

async function write(): Promise<StoredRestoreNote> {
  const context: PoolContext = {
    ...resolveEnvironment({ clock }),
    options: resolvePoolOptions({ account: workerAccount(new MemoryWorkerCompute()), configurationBucket: "configuration", applianceId: "test-1", bundles: { x64: "bundle" } }),
    pace: defaultPace,
    engine: "e".repeat(32),
    control: () => Promise.resolve(new ControlObjects(store)),
    bundle: () => Promise.resolve({ name: "bundles/b", sha256: "ab".repeat(32) }),
  };
  return await StoredRestoreNote.write(context, { sessionId, account: new MemoryCloud(clock), region: "eu-west-1", tags: { "holdfast:session": sessionId } }, {});
}

function said(): { readonly beat?: number; readonly state?: string } {
  return JSON.parse(store.objects.get(name)?.toString() ?? "{}") as object;
}

describe("the note of a restore", () => {
  it("is there before anything else, beats as long as the restore goes on, and goes with it", async () => {
    const note = await write();
    expect(said()).toMatchObject({ beat: 0, state: "making", accountId: "111122223333" });
    await clock.advance(3 * defaultPace.beatMs);
    expect(said()).toMatchObject({ beat: 3, state: "making" });
    await note.made();
    expect(said()).toMatchObject({ state: "made" });
    await note.end();
    expect(store.objects.size).toBe(0);
    expect(clock.sleepers).toBe(0);
  });

  it("stays where something may be left behind, and beats no more", async () => {
    const note = await write();
    note.doubt();
    await note.end();
    await clock.advance(10 * defaultPace.beatMs);
    expect(said()).toMatchObject({ beat: 0, state: "making" });
  });

  it("knows its own word again where the answer got lost, and waits for a bucket that says nothing for a moment", async () => {
    const note = await write();
    let failures = 0;
    const put = store.put.bind(store);
    store.put = async (...given) => {
      await put(...given);
      if (failures++ < 2) throw new ProviderError("the answer got lost", { code: "Unreachable", retryable: true, service: "s3", operation: "PutObject" });
      return (await store.head(name)) ?? expect.fail("there is no note");
    };
    await clock.advance(defaultPace.beatMs);
    const made = note.made();
    await clock.advance(2 * defaultPace.pollMs);
    await made;
    expect(failures).toBe(2);
    expect(said()).toMatchObject({ beat: 1, state: "made" });
  });
});
