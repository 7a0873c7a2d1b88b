import { describe, expect, it } from "vitest";
import { Repository } from "../repository.js";
import { MemoryObjectStore } from "../../testing/index.js";
import { defaultPackLimits, packsInMemory, resolvePackOptions, type PackOptions } from "./pack-options.js";

const mebibyte = 2 ** 20;

describe("the sizes of packs", () => {
  it("are 32 MiB and 256 blocks by default, and as many blocks for each MiB otherwise", () => {
    expect(resolvePackOptions(undefined)).toEqual({ targetBytes: 32 * mebibyte, maxBlocks: 256 });
    expect(resolvePackOptions({ targetBytes: 128 * mebibyte })).toEqual({ targetBytes: 128 * mebibyte, maxBlocks: 1024 });
    expect(resolvePackOptions({ maxBlocks: 16 })).toEqual({ targetBytes: 32 * mebibyte, maxBlocks: 16 });
  });

  it("are refused by their path where a writer's memory or a directory could not hold them", () => {
    const path = (packs: PackOptions): unknown => {
      try {
        return resolvePackOptions(packs);
      } catch (error) {
        return (error as { context: { path: string } }).context.path;
      }
    };
    expect(path({ targetBytes: 8 * mebibyte - 1 })).toBe("packs.targetBytes");
    expect(path({ targetBytes: 128 * mebibyte + 1 })).toBe("packs.targetBytes");
    expect(path({ maxBlocks: 15 })).toBe("packs.maxBlocks");
    expect(path({ maxBlocks: 16_385 })).toBe("packs.maxBlocks");
    expect(path({ size: 1 } as PackOptions)).toBe("packs.size");
    expect(path("large" as PackOptions)).toBe("packs");
  });

  it("let a writer hold three packs, or fewer where they are large: never more than 128 MiB, or one", () => {
    const held = (targetBytes: number): number => packsInMemory({ ...defaultPackLimits, targetBytes });
    expect([8, 32, 42, 64, 65, 128].map((size) => held(size * mebibyte))).toEqual([3, 3, 3, 2, 1, 1]);
  });

  it("stand in the repository's configuration, where nobody changes them unnoticed", async () => {
    const store = new MemoryObjectStore();
    const options = { storage: { location: "memory", openStore: () => Promise.resolve(store) }, encryption: { key: Buffer.alloc(32, 1) } };
    await Repository.create({ ...options, packs: { targetBytes: 64 * mebibyte } });
    const text = store.objects.get("holdfast.json")?.toString() ?? "";
    expect(JSON.parse(text)).toMatchObject({ packs: { targetBytes: 64 * mebibyte, maxBlocks: 512 } });
    await Repository.open(options);
    store.objects.set("holdfast.json", Buffer.from(text.replace('"maxBlocks": 512', '"maxBlocks": 513')));
    await expect(Repository.open(options)).rejects.toMatchObject({ code: "DamagedConfiguration" });
  });
});
