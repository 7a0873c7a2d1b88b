/** The names of the objects by which engine and worker meet (docs/workers.md, section 1). */
export const controlNames = {
  bundles: "bundles/",
  workers: "workers/",
  tasks: "tasks/",
  restores: "restores/",
  probes: "probes/",
  bundle: (sha256: string): string => `bundles/${sha256}.tar.gz`,
  probe: (id: string): string => `probes/${id}`,
  worker: (worker: string): string => `workers/${worker}/`,
  engine: (worker: string): string => `workers/${worker}/engine.json`,
  hello: (worker: string): string => `workers/${worker}/hello.json`,
  workerOrder: (worker: string, number: number): string => `workers/${worker}/orders/${String(number).padStart(8, "0")}.json`,
  task: (task: string): string => `tasks/${task}/`,
  taskDocument: (task: string): string => `tasks/${task}/task.json`,
  restore: (session: string): string => `restores/${session}.json`,
  attempt: (task: string, attempt: number): AttemptNames => {
    const prefix = `tasks/${task}/${String(attempt)}/`;
    return { order: `${prefix}order.json`, claim: `${prefix}claim.json`, status: `${prefix}status.json`, outcome: `${prefix}outcome.json`, control: `${prefix}control.json` };
  },
} as const;

/** The objects of one attempt at a task. */
export interface AttemptNames {
  readonly order: string;
  readonly claim: string;
  readonly status: string;
  readonly outcome: string;
  readonly control: string;
}
