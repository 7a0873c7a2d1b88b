import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { optionError } from "../../options/option-error.js";
import { newInstanceSchema, refuseUnknown, type NewInstanceOptions } from "../instance/instance-options.js";

/** What is waited for before a step counts as done. */
export type RecoveryWait =
  | "running"
  /** EC2's checks of the instance and its machine have passed. */
  | "healthy"
  /** A check of the embedder's own: a port that is open, a page that answers. */
  | { readonly check: string; readonly parameters?: Readonly<Record<string, string | number | boolean>> | undefined; readonly withinSeconds?: number | undefined };

/** One instance of a recovery plan. */
export interface RecoveryStep {
  readonly name: string;
  /** `<account>/<region>/<instance>`, as restore points name it. */
  readonly resource: string;
  /** A restore point of it. Default: the newest when the run begins. */
  readonly point?: string | undefined;
  /** As of `restore.instance`; the target's maps fill in what is left out. User data has no place in a document. Default: a new instance. */
  readonly to?: "original" | Omit<NewInstanceOptions, "userData" | "region"> | undefined;
  /** Steps that come before. */
  readonly after?: readonly string[] | undefined;
  /** Default: `running`. */
  readonly wait?: readonly RecoveryWait[] | undefined;
}

/** What the things of the original's place are in a target, by name or id. */
export interface RecoveryTarget {
  readonly subnets?: Readonly<Record<string, string>> | undefined;
  readonly securityGroups?: Readonly<Record<string, string>> | undefined;
  readonly instanceTypes?: Readonly<Record<string, string>> | undefined;
  /** `null`: none. */
  readonly keyNames?: Readonly<Record<string, string | null>> | undefined;
  /** By name; `null`: none. */
  readonly instanceProfiles?: Readonly<Record<string, string | null>> | undefined;
  /** The key of all volumes. */
  readonly kmsKeyId?: string | undefined;
}

/** A recovery plan as code. JSON. */
export interface RecoveryPlanDocument {
  readonly version: 1;
  readonly name: string;
  /** By `<account>/<region>`. */
  readonly targets?: Readonly<Record<string, RecoveryTarget>> | undefined;
  readonly steps: readonly RecoveryStep[];
}

const stepName = /^[\p{L}\p{N}._-]{1,64}$/u;
const nameRule = "must be a name of up to 64 letters, digits and . _ -.";
const resourceRule = "must be <account>/<region>/<instance>, like 111122223333/eu-west-1/i-0123456789abcdef0.";
const targetRule = "must be <account>/<region>, like 444455556666/eu-north-1.";
const maxWaitSeconds = 86_400;
const secondsRule = `must be a whole number from 1 to ${String(maxWaitSeconds)}.`;

const name = z.string({ error: nameRule }).regex(stepName, nameRule);
const translation = z.record(z.string(), z.string().min(1)).optional();
const removable = z.record(z.string(), z.string().min(1).nullable()).optional();
const check = z.strictObject({
  check: z.string({ error: "must be the name of a check." }).min(1, "must be the name of a check."),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  withinSeconds: z.int({ error: secondsRule }).min(1, secondsRule).max(maxWaitSeconds, secondsRule).optional(),
});
const target = z.strictObject({ subnets: translation, securityGroups: translation, instanceTypes: translation, keyNames: removable, instanceProfiles: removable, kmsKeyId: z.string().min(1).optional() });
const documentTarget = newInstanceSchema.omit({ userData: true, region: true });
const step = z.strictObject({
  name,
  resource: z.string({ error: resourceRule }).regex(/^\d{12}\/[a-z0-9-]+\/i-[0-9a-z-]+$/, resourceRule),
  point: z.string().min(1).optional(),
  to: z.union([z.literal("original"), documentTarget], { error: 'must be "original", or an object with what the new instance shall be; user data and regions have no place here.' }).optional(),
  after: z.array(name).optional(),
  wait: z.array(z.union([z.enum(["running", "healthy"]), check], { error: 'must be "running", "healthy" or { check, parameters?, withinSeconds? }.' })).optional(),
});

const documentSchema = z.strictObject({
  version: z.literal(1, { error: "must be 1." }),
  name,
  targets: z.record(z.string().regex(/^\d{12}\/[a-z0-9-]+$/, targetRule), target).optional(),
  steps: z.array(step, { error: "must be a list of steps." }).min(1, "must have at least one step."),
});

/**
 * The JSON schema (2020-12) of a recovery plan. What it cannot say (that `after` names steps and goes round in no circle) `new RecoveryPlan` checks.
 *
 * @example
 * await writeFile("recovery-plan.schema.json", JSON.stringify(recoveryPlanJsonSchema(), null, 2));
 */
export function recoveryPlanJsonSchema(): Readonly<Record<string, unknown>> {
  return { title: "holdfast recovery plan", ...z.toJSONSchema(documentSchema, { io: "input", unrepresentable: "any" }) };
}

/** Checks a document, and gives its steps in an order in which each comes after those that it names. */
export function readRecoveryDocument(given: unknown, checks: ReadonlySet<string>): { readonly document: RecoveryPlanDocument; readonly ordered: readonly RecoveryStep[] } {
  refuseSecrets(given);
  const document = checkOptions<RecoveryPlanDocument>(given, { of: "a recovery plan", schema: documentSchema });
  const { steps } = document;
  steps.forEach(({ name: own, after = [], wait = [] }, index) => {
    const path = `steps[${String(index)}]`;
    if (steps.findIndex((other) => other.name === own) !== index) throw optionError(`${path}.name`, `must be another: "${own}" is there already.`);
    after.forEach((other, place) => {
      if (!steps.some((candidate) => candidate.name === other)) throw optionError(`${path}.after[${String(place)}]`, `there is no step "${other}"; the steps are ${steps.map((one) => one.name).join(", ")}.`);
    });
    wait.forEach((one, place) => {
      if (typeof one !== "string" && !checks.has(one.check)) throw optionError(`${path}.wait[${String(place)}].check`, `there is no check "${one.check}"; there ${checks.size === 0 ? "are none" : `is ${[...checks].join(", ")}`}.`);
    });
  });
  return { document, ordered: inOrder(steps) };
}

/** What stands where no user data has a place is not repeated in a message. */
function refuseSecrets(given: unknown): void {
  const steps: unknown = typeof given === "object" && given !== null && "steps" in given ? given.steps : undefined;
  if (!Array.isArray(steps)) return;
  steps.forEach((one: unknown, index) => {
    const to: unknown = typeof one === "object" && one !== null && "to" in one ? one.to : undefined;
    if (typeof to === "object" && to !== null) refuseUnknown(`steps[${String(index)}].to`, to, Object.keys(documentTarget.shape));
  });
}

function inOrder(steps: readonly RecoveryStep[]): RecoveryStep[] {
  const ordered: RecoveryStep[] = [];
  const placed = new Set<string>();
  while (ordered.length < steps.length) {
    const next = steps.find(({ name: own, after = [] }) => !placed.has(own) && after.every((other) => placed.has(other)));
    if (next === undefined) {
      const left = steps.flatMap(({ name: own }, index) => (placed.has(own) ? [] : [{ own, index }]));
      throw optionError(`steps[${String(left[0]?.index ?? 0)}].after`, `goes round in a circle: ${left.map(({ own }) => own).join(", ")} wait for one another.`);
    }
    ordered.push(next);
    placed.add(next.name);
  }
  return ordered;
}
