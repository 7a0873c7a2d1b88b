import * as z from "zod";

/** The JSON schema of what stands in one place in several forms, for a check that zod cannot describe by itself. */
export function anyOfSchemas(...schemas: readonly z.ZodType[]): { readonly anyOf: readonly object[] } {
  return { anyOf: schemas.map((schema) => inlineSchema(schema)) };
}

/** The JSON schema of a part, to stand within another. */
export function inlineSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest;
}
