import { XMLParser } from "fast-xml-parser";
import type { Shape } from "../shape.js";
import { isBalancedXml } from "./xml-balance.js";
import { parseScalar } from "./scalars.js";

/** A document that is no XML, or not one of its shape. */
export class InvalidXml extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvalidXml";
  }
}

const MAX_NESTED_TAGS = 64;
const TEXT = "#text";
const ATTRIBUTE_PREFIX = "@";

// Entities are not expanded by the parser: the five of XML and character references are, below, once and after parsing, so that no
// document grows; one that declares its own is refused.
const parser = new XMLParser({
  processEntities: false,
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE_PREFIX,
  ignoreDeclaration: true,
  ignorePiTags: true,
  trimValues: false,
  removeNSPrefix: false,
  alwaysCreateTextNode: true,
  maxNestedTags: MAX_NESTED_TAGS,
  isArray: (_name, _path, _isLeaf, isAttribute) => !isAttribute,
});

type Node = Readonly<Record<string, unknown>>;

/** Reads an XML document as a value of `shape`, whatever its root is called if `rootName` is undefined. */
export function readXml(shape: Shape, bytes: Buffer, rootName: string | undefined): Record<string, unknown> {
  const text = bytes.toString("utf8");
  if (text.includes("<!DOCTYPE") || text.includes("<!ENTITY")) throw new InvalidXml("A document type declaration is not allowed.");
  if (!isBalancedXml(text)) throw new InvalidXml("The document is not well-formed.");
  const root = firstElement(parse(text));
  if (root === undefined || (rootName !== undefined && root.name !== rootName)) throw new InvalidXml(`The root element must be ${rootName ?? "there"}.`);
  return readStructure(shape.members, root.node);
}

function parse(text: string): Node {
  try {
    return parser.parse(text) as Node;
  } catch (cause) {
    throw new InvalidXml(cause instanceof Error ? cause.message : String(cause));
  }
}

function firstElement(document: Node): { readonly name: string; readonly node: Node } | undefined {
  for (const [name, nodes] of Object.entries(document)) {
    if (name === TEXT || !Array.isArray(nodes) || nodes.length !== 1) continue;
    return { name, node: asNode(nodes[0]) };
  }
  return undefined;
}

function readStructure(members: readonly Shape[], node: Node): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const member of members) {
    const name = member.memberXmlName ?? member.memberName;
    if (member.traits.xmlAttribute !== undefined) {
      const attribute = node[`${ATTRIBUTE_PREFIX}${name}`];
      if (typeof attribute === "string") value[member.memberName] = parseScalar(member, unescape(attribute), "date-time");
      continue;
    }
    const elements = node[name];
    if (!Array.isArray(elements) || elements.length === 0) continue;
    if (member.kind !== "list" && member.kind !== "map" && elements.length > 1) throw new InvalidXml(`${name} must come only once.`);
    value[member.memberName] = readElements(member, elements.map(asNode));
  }
  return value;
}

function readElements(shape: Shape, elements: readonly Node[]): unknown {
  if (shape.kind === "list") {
    const items = shape.isFlattened ? elements : elements.flatMap((element) => children(element, shape.value.memberXmlName ?? "member"));
    return items.map((item) => readElements(shape.value, [item]));
  }
  if (shape.kind === "map") {
    const entries = shape.isFlattened ? elements : elements.flatMap((element) => children(element, "entry"));
    return Object.fromEntries(entries.map((entry) => readEntry(shape, entry)));
  }
  const element = elements[0] ?? {};
  if (shape.kind === "structure") return readStructure(shape.members, element);
  return parseScalar(shape, textOf(element), "date-time");
}

function readEntry(map: Shape, entry: Node): [string, unknown] {
  const [key] = children(entry, map.key.memberXmlName ?? "key");
  const values = children(entry, map.value.memberXmlName ?? "value");
  if (key === undefined || values.length === 0) throw new InvalidXml("An entry needs its key and its value.");
  return [textOf(key), readElements(map.value, values)];
}

function children(node: Node, name: string): readonly Node[] {
  const elements = node[name];
  return Array.isArray(elements) ? elements.map(asNode) : [];
}

function asNode(value: unknown): Node {
  return typeof value === "object" && value !== null ? (value as Node) : { [TEXT]: value };
}

function textOf(node: Node): string {
  const text = node[TEXT];
  if (typeof text === "string") return unescape(text);
  // Text on both sides of a comment comes in parts.
  if (Array.isArray(text)) return unescape(text.map((part) => textOf(asNode(part))).join(""));
  return "";
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescape(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|[A-Za-z]+);/g, (entity, name: string) => {
    if (!name.startsWith("#")) {
      const character = NAMED[name];
      if (character === undefined) throw new InvalidXml(`The entity ${entity} is not known.`);
      return character;
    }
    const point = name.startsWith("#x") ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    if (point > 0x10ffff) throw new InvalidXml(`${entity} is no character.`);
    return String.fromCodePoint(point);
  });
}
