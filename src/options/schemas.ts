import * as z from "zod";
import { recordOf } from "./record-of.js";

/** The `signal` of every long call. */
export const signalSchema = z.custom<AbortSignal>((value) => value instanceof AbortSignal, "must be an AbortSignal.").optional();

const regionText = 'must be a region, like "eu-west-1".';
export const regionSchema = z.string({ error: regionText }).regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, regionText);

export const tagsSchema = recordOf(z.string({ error: "must be a string: the tag's value." }), { error: "must be an object of tags: keys with their values." });

/** A moment; zod refuses an invalid `Date` by itself. */
export const dateSchema = z.date({ error: "must be a valid Date." });

/** A text that is not empty. */
export const filledText = (must: string): z.ZodString => z.string({ error: must }).min(1, must);

export const truth = z.boolean({ error: "must be true or false." }).optional();

/** What is called back, where anybody is. */
export function functionSchema<Handler>(): z.ZodType<Handler | undefined> {
  return z.custom<Handler>((value) => typeof value === "function", "must be a function.").optional();
}

/** An object of the engine's own, known by its methods: it may come from another copy of the package. */
export function withMethods<Type>(methods: readonly string[], must: string): z.ZodType<Type> {
  return z.custom<Type>((value) => typeof value === "object" && value !== null && methods.every((method) => typeof (value as Record<string, unknown>)[method] === "function"), must);
}
