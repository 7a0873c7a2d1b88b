import * as z from "zod";
import { regionSchema, tagsSchema } from "../../options/schemas.js";
import type { Selector } from "./selector.js";

const text = (pattern: RegExp, must: string): z.ZodString => z.string({ error: must }).regex(pattern, must);

export const selectorText = 'must be one of { instance: "i-…" }, { volume: "vol-…" }, { tag: { key: "value" } }, { anyTag: { key: "value" } }, { region }, { account } and { all: true }.';
const isWithoutTags = (tags: object | undefined): boolean => tags !== undefined && Object.keys(tags).length === 0;

/** Exactly one way of selecting. */
export const selectorSchema = z
  .strictObject(
    {
      instance: text(/^i-[0-9a-f]+$/, 'must be the id of an instance: "i-" and hexadecimal digits.').optional(),
      volume: text(/^vol-[0-9a-f]+$/, 'must be the id of a volume: "vol-" and hexadecimal digits.').optional(),
      tag: tagsSchema.optional(),
      anyTag: tagsSchema.optional(),
      region: regionSchema.optional(),
      account: text(/^\d{12}$/, "must be an account's id: twelve digits.").optional(),
      all: z.literal(true, { error: "must be true." }).optional(),
    },
    { error: (issue) => (issue.code === "invalid_type" ? selectorText : undefined) },
  )
  .refine((selector) => Object.values(selector).filter((value) => value !== undefined).length === 1, selectorText)
  .refine(({ tag }) => !isWithoutTags(tag), { path: ["tag"], message: "must name at least one tag." })
  .refine(({ anyTag }) => !isWithoutTags(anyTag), { path: ["anyTag"], message: "must name at least one tag." })
  .transform((selector) => Object.fromEntries(Object.entries(selector).filter(([, value]) => value !== undefined)) as unknown as Selector);
