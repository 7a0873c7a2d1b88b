import { describe, expect, it } from "vitest";
import { ChunkedBody } from "./chunked-body.js";

const text = "5\r\nhello\r\n1;name=value\r\n,\r\n6\r\n world\r\n0\r\ntrailer: x\r\n\r\n";

describe("a body in chunks", () => {
  it("is put together, wherever it is cut on its way", () => {
    const bytes = Buffer.from(text);
    for (let cut = 0; cut < bytes.length; cut++) {
      const body = new ChunkedBody();
      expect(body.read(bytes.subarray(0, cut))).toBeUndefined();
      expect(body.read(bytes)?.toString()).toBe("hello, world");
    }
  });

  it("is whole only when its last line is there", () => {
    const body = new ChunkedBody();
    for (let length = 0; length < text.length; length++) expect(body.read(Buffer.from(text.slice(0, length)))).toBeUndefined();
    expect(body.read(Buffer.from(text))?.toString()).toBe("hello, world");
  });

  it.each(["x\r\n", "\r\n", "-1\r\n", "1000000\r\na", `1;${"x".repeat(2_000)}`])("that is none is refused: %j", (bytes) => {
    expect(() => new ChunkedBody().read(Buffer.from(bytes))).toThrow("a chunk has no length");
  });

  it("ends with headers of a bounded length", () => {
    expect(() => new ChunkedBody().read(Buffer.from(`0\r\n${"x".repeat(20_000)}`))).toThrow("trails its body");
  });

  it("in very many chunks is read as it comes", () => {
    const body = new ChunkedBody();
    const bytes = Buffer.from(`${"1\r\na\r\n".repeat(4_000)}0\r\n\r\n`);
    for (let length = 0; length < bytes.length; length += 7) expect(body.read(bytes.subarray(0, length))).toBeUndefined();
    expect(body.read(bytes)?.length).toBe(4_000);
  });
});
