import { describe, expect, it } from "vitest";
import { isBalancedXml } from "./xml-balance.js";

describe("a document", () => {
  it.each([
    "<a/>",
    "<a></a>",
    "<?xml version='1.0'?>\n<a x=\"1>2\" y='/'><b/>text<!-- <c> --><![CDATA[</a>]]></a>\n",
    "\uFEFF<ns:a xmlns:ns='u'><ns:b>1 &gt; 0</ns:b></ns:a >",
  ])("is well-formed: %s", (text) => {
    expect(isBalancedXml(text)).toBe(true);
  });

  it.each(["", " ", "text", "<a>", "</a>", "<a><b></a></b>", "<a/><b/>", "<a></a>x", "<a", "<a b></a>", "<a b=\"1></a>", "<1/>", "<a><!-- </a>", "<!DOCTYPE a><a/>", "</a/>"])(
    "is not: %s",
    (text) => {
      expect(isBalancedXml(text)).toBe(false);
    },
  );

  it("is judged in linear time", () => {
    const startedAt = performance.now();
    expect(isBalancedXml(`<a ${"b='1' ".repeat(200_000)}`)).toBe(false);
    expect(isBalancedXml(`<a>${"<b>".repeat(500_000)}`)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});
