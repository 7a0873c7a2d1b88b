import * as z from "zod";

/** The names that an object may have at a path of a schema; none where that cannot be told. */
export function namesAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodReadonly || schema instanceof z.ZodNullable) return namesAt(schema.def.innerType, path);
  if (schema instanceof z.ZodPipe) return namesAt(schema.def.in, path);
  if (schema instanceof z.ZodUnion) return [...new Set(schema.options.flatMap((option) => namesAt(option, path)))];
  const [name, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    if (name === undefined) return Object.keys(schema.shape);
    const inner = (schema.shape as Readonly<Record<PropertyKey, z.core.$ZodType>>)[name];
    return inner === undefined ? [] : namesAt(inner, rest);
  }
  if (schema instanceof z.ZodArray && name !== undefined) return namesAt(schema.element, rest);
  return [];
}
