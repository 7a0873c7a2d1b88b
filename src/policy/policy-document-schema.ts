import * as z from "zod";
import { policySchema } from "./policy-schema.js";

const nameText = "must be a name among the references.";
const reference = z.string({ error: nameText }).min(1, nameText).describe("A name that the program which reads the policy gives a meaning to.");
const { name, regions, include, exclude, schedule, snapshots, verify, retries, compliance, alerts, notify, sessions, parallel } = policySchema.shape;
const { retention, limits, auditBlocks } = policySchema.shape.backup.shape;
const { flags } = policySchema.shape.archive.unwrap().shape;
const told = notify.unwrap().element;
const listed = policySchema.shape.accounts.unwrap().element;
const replica = policySchema.shape.replicas.unwrap().element;

/** A policy's JSON: the same checks as of its options. */
export const policyDocumentSchema = z.strictObject({
  version: z.literal(1, { error: "must be 1." }),
  name,
  account: reference.optional(),
  accounts: z.array(z.strictObject({ ...listed.shape, account: reference }), { error: "must be a list of accounts." }).min(1, "must name at least one account.").optional(),
  regions,
  include,
  exclude,
  schedule,
  snapshots,
  replicas: z.array(z.strictObject({ ...replica.shape, account: reference.optional() })).optional(),
  backup: z.strictObject({ repository: reference, retention, limits, auditBlocks }),
  archive: z.strictObject({ repository: reference, retention, flags }).optional(),
  verify,
  hooks: reference.optional(),
  workers: reference.optional(),
  retries,
  compliance,
  alerts,
  notify: z.array(z.strictObject({ ...told.shape, notifier: reference })).optional(),
  sessions,
  parallel,
});

/**
 * The JSON schema (2020-12) of a policy's JSON. What it cannot say (that a time zone exists, that there is either `account` or `accounts`, that an entry selects in one way only) is checked by
 * `Policy.fromJSON`.
 *
 * @example
 * await writeFile("policy.schema.json", JSON.stringify(policyJsonSchema(), null, 2));
 */
export function policyJsonSchema(): Readonly<Record<string, unknown>> {
  return { title: "holdfast policy", ...z.toJSONSchema(policyDocumentSchema, { io: "input", unrepresentable: "any" }) };
}
