import { NormalizedSchema } from "@smithy/core/schema";
import type { SchemaTraitsObject } from "@smithy/types";

export type ShapeKind =
  | "structure"
  | "list"
  | "map"
  | "string"
  | "number"
  | "boolean"
  | "timestamp"
  | "blob"
  | "document"
  | "unit";

export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds";

type Normalized = ReturnType<typeof NormalizedSchema.of>;

/** Where a static structure schema keeps how many of its members, from the first on, are required. */
const REQUIRED_COUNT_INDEX = 6;
const TIMESTAMP_FORMATS = new Map<unknown, TimestampFormat>([
  [5, "date-time"],
  [6, "http-date"],
  [7, "epoch-seconds"],
]);

/**
 * A shape of a service's model as the codecs walk it.
 *
 * It stands between the codecs and the clients' own schema classes, and computes what they derive on each
 * call once: a listing of ten thousand blocks visits the same few shapes ten thousand times. Members are resolved when first asked for,
 * because models are recursive.
 */
export class Shape {
  readonly kind: ShapeKind;
  /** The shape's own name, e.g. `ListPartsOutput`. */
  readonly name: string;
  /** The name under which its parent holds it; the empty string at the root. */
  readonly memberName: string;
  /** The member's traits over those of the shape that it targets. */
  readonly traits: SchemaTraitsObject;
  /** The name in XML that the member gives itself, if it does: a target's own name counts at the root only. */
  readonly memberXmlName: string | undefined;
  /** The name in forms for EC2, where it differs from the one in XML. */
  readonly ec2QueryName: string | undefined;
  readonly timestampFormat: TimestampFormat | undefined;
  readonly isRequired: boolean;
  readonly isStreaming: boolean;
  readonly #schema: Normalized;
  #members: readonly Shape[] | undefined;
  #value: Shape | undefined;
  #key: Shape | undefined;

  constructor(schema: Normalized, isRequired = false) {
    this.#schema = schema;
    this.kind = kindOf(schema);
    this.name = schema.getName() ?? "";
    this.memberName = schema.isMemberSchema() ? schema.getMemberName() : "";
    this.traits = schema.getMergedTraits();
    this.memberXmlName = schema.getMemberTraits().xmlName;
    const { ec2QueryName } = this.traits;
    this.ec2QueryName = typeof ec2QueryName === "string" ? ec2QueryName : undefined;
    this.timestampFormat = TIMESTAMP_FORMATS.get(schema.getSchema());
    this.isRequired = isRequired;
    this.isStreaming = this.kind === "blob" && schema.isStreaming();
  }

  /** The shape of anything that a client publishes as a schema. */
  static of(schema: Parameters<typeof NormalizedSchema.of>[0]): Shape {
    return new Shape(NormalizedSchema.of(schema));
  }

  get members(): readonly Shape[] {
    return (this.#members ??= this.#resolveMembers());
  }

  /** What a list holds, or the values of a map. */
  get value(): Shape {
    return (this.#value ??= new Shape(this.#schema.getValueSchema()));
  }

  get key(): Shape {
    return (this.#key ??= new Shape(this.#schema.getKeySchema()));
  }

  get isFlattened(): boolean {
    return this.traits.xmlFlattened !== undefined;
  }

  #resolveMembers(): readonly Shape[] {
    if (this.kind !== "structure") return [];
    const definition: unknown = this.#schema.getSchema();
    const requiredCount: unknown = Array.isArray(definition) ? definition[REQUIRED_COUNT_INDEX] : 0;
    const members: Shape[] = [];
    for (const [, member] of this.#schema.structIterator()) {
      members.push(new Shape(member, typeof requiredCount === "number" && members.length < requiredCount));
    }
    return members;
  }
}

function kindOf(schema: Normalized): ShapeKind {
  if (schema.isUnitSchema()) return "unit";
  if (schema.isStructSchema()) return "structure";
  if (schema.isListSchema()) return "list";
  if (schema.isMapSchema()) return "map";
  if (schema.isTimestampSchema()) return "timestamp";
  if (schema.isBlobSchema()) return "blob";
  if (schema.isBooleanSchema()) return "boolean";
  if (schema.isNumericSchema() || schema.isBigIntegerSchema() || schema.isBigDecimalSchema()) return "number";
  if (schema.isDocumentSchema()) return "document";
  return "string";
}
