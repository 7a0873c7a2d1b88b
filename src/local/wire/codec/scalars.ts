import type { Shape, TimestampFormat } from "../shape.js";

/** A text that is no value of its shape. */
export class InvalidScalar extends Error {
  readonly shape: Shape;
  readonly text: string;

  constructor(shape: Shape, text: string) {
    super(`The value "${text}" is not a valid ${shape.kind} for ${shape.memberName || shape.name}.`);
    this.name = "InvalidScalar";
    this.shape = shape;
    this.text = text;
  }
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** Reads the value of a simple shape from a text, as headers, queries, forms and XML carry it. */
export function parseScalar(shape: Shape, text: string, defaultFormat: TimestampFormat): unknown {
  switch (shape.kind) {
    case "string":
    case "document":
      return text;
    case "number": {
      const trimmed = text.trim();
      if (!NUMBER.test(trimmed)) throw new InvalidScalar(shape, text);
      return Number(trimmed);
    }
    case "boolean": {
      const word = text.trim().toLowerCase();
      if (word === "true") return true;
      if (word === "false") return false;
      throw new InvalidScalar(shape, text);
    }
    case "timestamp":
      return parseTimestamp(shape, text.trim(), shape.timestampFormat ?? defaultFormat);
    case "blob":
      return Buffer.from(text, "base64");
    case "structure":
    case "list":
    case "map":
    case "unit":
      throw new InvalidScalar(shape, text);
  }
}

/** Writes the value of a simple shape as text. */
export function formatScalar(shape: Shape, value: unknown, defaultFormat: TimestampFormat): string {
  if (shape.kind === "timestamp" && value instanceof Date) return formatTimestamp(value, shape.timestampFormat ?? defaultFormat);
  if (shape.kind === "blob" && value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  throw new TypeError(`A service answered ${shape.memberName || shape.name} with ${typeof value} where its model has ${shape.kind}.`);
}

function parseTimestamp(shape: Shape, text: string, format: TimestampFormat): Date {
  // Clients differ in the form that they send, so each of them is read; the format says how a bare number is meant.
  const date = NUMBER.test(text) && format === "epoch-seconds" ? new Date(Number(text) * 1000) : new Date(text);
  if (Number.isNaN(date.getTime())) throw new InvalidScalar(shape, text);
  return date;
}

function formatTimestamp(date: Date, format: TimestampFormat): string {
  switch (format) {
    case "date-time":
      return date.toISOString();
    case "http-date":
      return date.toUTCString();
    case "epoch-seconds":
      return String(date.getTime() / 1000);
  }
}
