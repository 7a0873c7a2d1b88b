import { afterEach, expect, it, vi } from "vitest";

afterEach(() => {
  vi.doUnmock("node:zlib");
  vi.resetModules();
});

it.each(["./crc32.js", "../../local/crc32.js"])("a Node without CRC-32 is told which it must be: %s", async (path) => {
  vi.resetModules();
  vi.doMock("node:zlib", () => ({ default: {} }));
  await expect(import(path)).rejects.toThrow(`Node ${process.version} is too old: holdfast needs 20.19 or later, from https://nodejs.org.`);
});
