import type { ServiceError } from "../../service.js";
import type { ServiceModel } from "../service-model.js";
import type { Shape } from "../shape.js";
import { formatScalar, InvalidScalar } from "./scalars.js";

/** Reads members of a structure from a parsed JSON object, each checked for its type: a number in quotes is no number. */
export function readJsonMembers(members: readonly Shape[], source: unknown): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  const record = asRecord(source);
  for (const member of members) {
    const part = record[member.traits.jsonName ?? member.memberName];
    if (part !== undefined && part !== null) value[member.memberName] = readJson(member, part);
  }
  return value;
}

/** Writes members of a structure as a plain object for `JSON.stringify`. */
export function writeJsonMembers(members: readonly Shape[], value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const member of members) {
    const part = value[member.memberName];
    if (part !== undefined && part !== null) record[member.traits.jsonName ?? member.memberName] = writeJson(member, part);
  }
  return record;
}

/** The members of an error as it is modelled, its message under the name that the model gives it. */
export function errorDocument(model: ServiceModel, error: ServiceError): Record<string, unknown> {
  const shape = model.errors.get(error.code);
  if (shape === undefined) return { message: error.message, ...error.members };
  const messageName = shape.members.find((member) => member.memberName.toLowerCase() === "message")?.memberName ?? "message";
  return { [messageName]: error.message, ...writeJsonMembers(shape.members, error.members) };
}

export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new InvalidJson(cause instanceof Error ? cause.message : String(cause));
  }
}

/** A JSON value of the wrong type. */
export class InvalidJson extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvalidJson";
  }
}

function readJson(shape: Shape, source: unknown): unknown {
  switch (shape.kind) {
    case "structure":
      return readJsonMembers(shape.members, source);
    case "list":
      if (!Array.isArray(source)) throw wrongType(shape, source);
      return source.map((item: unknown) => readJson(shape.value, item));
    case "map":
      return Object.fromEntries(Object.entries(asRecord(source)).map(([key, item]) => [key, readJson(shape.value, item)]));
    case "string":
    case "number":
    case "boolean":
      if (typeof source !== shape.kind) throw wrongType(shape, source);
      return source;
    case "timestamp":
      return readTimestamp(shape, source);
    case "blob":
      return readBlob(shape, source);
    case "document":
    case "unit":
      return source;
  }
}

function readBlob(shape: Shape, source: unknown): Buffer {
  if (typeof source !== "string") throw wrongType(shape, source);
  const bytes = Buffer.from(source, "base64");
  // Node overlooks what is no base64: what does not come out as it went in, was none.
  if (bytes.toString("base64") !== source) throw new InvalidJson(`${shape.memberName || shape.name} is no base64.`);
  return bytes;
}

function readTimestamp(shape: Shape, source: unknown): Date {
  const date = typeof source === "number" ? new Date(source * 1000) : typeof source === "string" ? new Date(source) : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) throw wrongType(shape, source);
  return date;
}

function writeJson(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "structure":
      return writeJsonMembers(shape.members, asRecord(value));
    case "list":
      if (!Array.isArray(value)) throw new TypeError(`A service answered ${shape.memberName} with something other than a list.`);
      return value.map((item: unknown) => writeJson(shape.value, item));
    case "map":
      return Object.fromEntries(Object.entries(asRecord(value)).map(([key, item]) => [key, writeJson(shape.value, item)]));
    case "timestamp":
      if (!(value instanceof Date)) throw new InvalidScalar(shape, String(value));
      return shape.timestampFormat === undefined || shape.timestampFormat === "epoch-seconds"
        ? value.getTime() / 1000
        : formatScalar(shape, value, "date-time");
    case "blob":
      return formatScalar(shape, value, "date-time");
    case "string":
    case "number":
    case "boolean":
    case "document":
    case "unit":
      return value;
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new InvalidJson("Expected an object.");
  return value as Readonly<Record<string, unknown>>;
}

function wrongType(shape: Shape, source: unknown): InvalidJson {
  const given = Array.isArray(source) ? "list" : typeof source;
  return new InvalidJson(`Expected ${shape.memberName || shape.name} to be a ${shape.kind}, but it is a ${given}.`);
}
