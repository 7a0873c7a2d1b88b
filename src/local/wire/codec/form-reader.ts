import type { Shape } from "../shape.js";
import { parseScalar } from "./scalars.js";

/** How a query protocol spells the names of members and lists in a form. */
export interface FormStyle {
  memberKey(member: Shape): string;
  /** The word between a list's name and an item's number; undefined where lists are flat. */
  listItemKey(list: Shape): string | undefined;
}

interface FormNode {
  value: string | undefined;
  isRead: boolean;
  readonly children: Map<string, FormNode>;
}

const MAX_FORM_KEYS = 20_000;
const MAX_DEPTH = 32;

/** A form with more keys or deeper ones than any request has. */
export class InvalidForm extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvalidForm";
  }
}

/** A decoded form, read by shape: `Filter.1.Value.2=x` is the second value of the first filter. */
export class FormReader {
  readonly #root: FormNode = newNode();
  readonly #style: FormStyle;

  constructor(pairs: readonly (readonly [string, string])[], style: FormStyle) {
    this.#style = style;
    if (pairs.length > MAX_FORM_KEYS) throw new InvalidForm("The request has too many parameters.");
    for (const [name, value] of pairs) {
      const path = name.split(".");
      if (path.length > MAX_DEPTH) throw new InvalidForm(`The parameter ${name} is nested too deeply.`);
      let node = this.#root;
      for (const part of path) {
        let child = node.children.get(part);
        if (child === undefined) node.children.set(part, (child = newNode()));
        node = child;
      }
      if (node.value !== undefined) throw new InvalidForm(`The parameter ${name} comes more than once.`);
      node.value = value;
    }
  }

  /** Takes a parameter that belongs to the protocol. */
  take(name: string): string | undefined {
    const node = this.#root.children.get(name);
    if (node !== undefined) node.isRead = true;
    return node?.value;
  }

  read(shape: Shape): Record<string, unknown> {
    return this.#readStructure(shape, this.#root);
  }

  /** The first parameter that nothing has read. */
  findUnread(): string | undefined {
    return unreadName(this.#root, "");
  }

  #readStructure(shape: Shape, node: FormNode): Record<string, unknown> {
    const value: Record<string, unknown> = {};
    for (const member of shape.members) {
      const child = node.children.get(this.#style.memberKey(member));
      if (child !== undefined) value[member.memberName] = this.#readValue(member, child);
    }
    return value;
  }

  #readValue(shape: Shape, node: FormNode): unknown {
    switch (shape.kind) {
      case "structure":
        node.isRead = true;
        return this.#readStructure(shape, node);
      case "list":
        return this.#readList(shape, node);
      case "map":
        return this.#readMap(shape, node);
      case "string":
      case "number":
      case "boolean":
      case "timestamp":
      case "blob":
      case "document":
      case "unit":
        node.isRead = true;
        return parseScalar(shape, node.value ?? "", "date-time");
    }
  }

  #readList(shape: Shape, node: FormNode): unknown[] {
    node.isRead = true;
    const itemKey = this.#style.listItemKey(shape);
    const holder = itemKey === undefined ? node : node.children.get(itemKey);
    if (holder === undefined) return [];
    holder.isRead = true;
    return numbered(holder).map((item) => this.#readValue(shape.value, item));
  }

  #readMap(shape: Shape, node: FormNode): Record<string, unknown> {
    node.isRead = true;
    const holder = shape.isFlattened ? node : node.children.get("entry");
    if (holder === undefined) return {};
    const entries: [string, unknown][] = [];
    for (const entry of numbered(holder)) {
      const key = entry.children.get(shape.key.memberXmlName ?? "key");
      const item = entry.children.get(shape.value.memberXmlName ?? "value");
      if (key?.value === undefined || item === undefined) continue;
      key.isRead = true;
      entries.push([key.value, this.#readValue(shape.value, item)]);
    }
    return Object.fromEntries(entries);
  }
}

function newNode(): FormNode {
  return { value: undefined, isRead: false, children: new Map() };
}

function numbered(node: FormNode): FormNode[] {
  return [...node.children]
    .filter(([name]) => /^[1-9]\d{0,8}$/.test(name))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);
}

function unreadName(node: FormNode, prefix: string): string | undefined {
  for (const [name, child] of node.children) {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    if (child.value !== undefined && !child.isRead) return path;
    const unread = unreadName(child, path);
    if (unread !== undefined) return unread;
  }
  return undefined;
}
