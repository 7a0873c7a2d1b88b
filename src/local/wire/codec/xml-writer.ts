import { ELEMENT_ORDER } from "../../service.js";
import type { Shape } from "../shape.js";
import { formatScalar } from "./scalars.js";

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\r": "&#xD;",
  "\n": "&#xA;",
};

interface OrderMember {
  readonly [ELEMENT_ORDER]?: readonly string[];
}

/** A whole XML document around `content`. */
export function xmlDocument(root: string, namespace: string | undefined, content: string): string {
  return `${DECLARATION}${xmlElement(root, content, namespace === undefined ? "" : ` xmlns="${namespace}"`)}`;
}

export function xmlElement(name: string, content: string, attributes = ""): string {
  return content === "" ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;
}

export function escapeXml(text: string): string {
  return /[&<>"'\r\n]/.test(text) ? text.replace(/[&<>"'\r\n]/g, (character) => ESCAPES[character] ?? character) : text;
}

/** The members of a structure as XML elements, those of `members` that have a value. */
export function writeMembers(members: readonly Shape[], value: Readonly<Record<string, unknown>>): string {
  const order = (value as OrderMember)[ELEMENT_ORDER] ?? [];
  let text = writeInOrder(members, value, order);
  for (const member of members) {
    if (order.includes(member.memberName)) continue;
    const part = value[member.memberName];
    if (part !== undefined && part !== null && member.traits.xmlAttribute === undefined) text += writeMember(member, part);
  }
  return text;
}

/** The elements of several flattened lists, mixed. */
function writeInOrder(members: readonly Shape[], value: Readonly<Record<string, unknown>>, order: readonly string[]): string {
  const written = new Map<string, number>();
  return order
    .map((name) => {
      const member = members.find(({ memberName }) => memberName === name);
      if (member === undefined) throw new TypeError(`A service orders the elements of ${name}, which its output does not have.`);
      const index = written.get(name) ?? 0;
      written.set(name, index + 1);
      return writeMember(member, [asArray(member, value[name])[index]]);
    })
    .join("");
}

function writeMember(member: Shape, value: unknown): string {
  const name = member.memberXmlName ?? member.memberName;
  switch (member.kind) {
    case "list": {
      const items = asArray(member, value);
      if (member.isFlattened) return items.map((item) => writeValue(name, member.value, item)).join("");
      const itemName = member.value.memberXmlName ?? "member";
      return xmlElement(name, items.map((item) => writeValue(itemName, member.value, item)).join(""));
    }
    case "map": {
      const entryName = member.isFlattened ? name : "entry";
      const entries = Object.entries(asRecord(member, value)).map(([key, item]) => writeEntry(entryName, member, key, item));
      return member.isFlattened ? entries.join("") : xmlElement(name, entries.join(""));
    }
    case "structure":
    case "string":
    case "number":
    case "boolean":
    case "timestamp":
    case "blob":
    case "document":
    case "unit":
      return writeValue(name, member, value);
  }
}

function writeEntry(name: string, map: Shape, key: string, value: unknown): string {
  const keyElement = xmlElement(map.key.memberXmlName ?? "key", escapeXml(key));
  return xmlElement(name, keyElement + writeValue(map.value.memberXmlName ?? "value", map.value, value));
}

function writeValue(name: string, shape: Shape, value: unknown): string {
  switch (shape.kind) {
    case "structure": {
      const record = asRecord(shape, value);
      return xmlElement(name, writeMembers(shape.members, record), writeAttributes(shape, record));
    }
    case "list": {
      const itemName = shape.value.memberXmlName ?? "member";
      return xmlElement(name, asArray(shape, value).map((item) => writeValue(itemName, shape.value, item)).join(""));
    }
    case "map":
      return xmlElement(name, Object.entries(asRecord(shape, value)).map(([key, item]) => writeEntry("entry", shape, key, item)).join(""));
    case "string":
    case "number":
    case "boolean":
    case "timestamp":
    case "blob":
    case "document":
    case "unit":
      return xmlElement(name, escapeXml(formatScalar(shape, value, "date-time")));
  }
}

function writeAttributes(shape: Shape, value: Readonly<Record<string, unknown>>): string {
  let text = "";
  for (const member of shape.members) {
    const part = value[member.memberName];
    if (member.traits.xmlAttribute === undefined || part === undefined) continue;
    const name = member.memberXmlName ?? member.memberName;
    if (name.startsWith("xsi:")) text += ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
    text += ` ${name}="${escapeXml(formatScalar(member, part, "date-time"))}"`;
  }
  return text;
}

function asArray(shape: Shape, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`A service answered ${shape.memberName || shape.name} with something other than a list.`);
  return value.filter((item) => item !== undefined && item !== null);
}

function asRecord(shape: Shape, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`A service answered ${shape.memberName || shape.name} with something other than a structure.`);
  }
  return value as Readonly<Record<string, unknown>>;
}
