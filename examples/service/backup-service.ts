import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HoldfastError, type Policy, type PolicyEvent } from "holdfast";

/** One run of a policy, as the service shows it. JSON. */
export interface Job {
  readonly id: string;
  readonly policy: string;
  state: "running" | "succeeded" | "failed";
  /** Of each volume, from 0 to 1. */
  readonly progress: Record<string, number>;
  readonly points: string[];
  error?: string;
}

/**
 * A small product on top of the engine: a list of jobs over HTTP, on loopback.
 *
 * - `POST /policies/<name>/runs` starts a run and gives its job
 * - `GET /jobs` and `GET /jobs/<id>` show where they are
 * - `GET /jobs/<id>/events` streams what happens, as server-sent events
 * - `DELETE /jobs/<id>` stops one
 */
export class BackupService {
  readonly #policies: ReadonlyMap<string, Policy>;
  readonly #jobs = new Map<string, Job>();
  readonly #sessions = new Map<string, { readonly session: ReturnType<Policy["run"]>; readonly abort: AbortController }>();
  readonly #server: Server;

  private constructor(policies: readonly Policy[]) {
    this.#policies = new Map(policies.map((policy) => [policy.name, policy]));
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        // what the engine says is for its caller; what this service did not expect is for its log alone
        if (!response.headersSent) send(response, 500, { error: HoldfastError.isInstance(error) ? error.message : "internal" });
        else response.destroy();
      });
    });
  }

  static async start(policies: readonly Policy[], port = 0): Promise<BackupService> {
    const service = new BackupService(policies);
    await new Promise<void>((resolve, reject) => service.#server.once("error", reject).listen(port, "127.0.0.1", resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Stops what runs, waits for it, and closes. */
  async close(): Promise<void> {
    for (const { abort } of this.#sessions.values()) abort.abort(new Error("the service closes"));
    await Promise.allSettled([...this.#sessions.values()].map(({ session }) => session.then(() => undefined)));
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // a page of another site, in the browser of this machine's user, gets nothing and starts nothing: neither under a name that leads here nor by a form
    const { host = "", origin = this.url } = request.headers;
    if (`http://${host}` !== this.url || origin !== this.url) {
      send(response, 403, { error: "This is for programs of this machine." });
      return;
    }
    const parts = new URL(request.url ?? "/", this.url).pathname.split("/").slice(1).map(decodeURIComponent);
    const [first, name = "", rest] = parts;
    const job = first === "jobs" ? this.#jobs.get(name) : undefined;
    const policy = first === "policies" && rest === "runs" ? this.#policies.get(name) : undefined;
    if (request.method === "POST" && policy !== undefined) send(response, 201, this.#run(policy));
    else if (request.method === "GET" && first === "jobs" && parts.length === 1) send(response, 200, [...this.#jobs.values()]);
    else if (request.method === "GET" && job !== undefined && rest === "events") await this.#stream(job, response);
    else if (request.method === "GET" && job !== undefined && rest === undefined) send(response, 200, job);
    else if (request.method === "DELETE" && job !== undefined) send(response, 202, this.#stop(job));
    else send(response, 404, { error: `There is no ${request.method ?? ""} ${parts.join("/")}.` });
  }

  #run(policy: Policy): Job {
    const abort = new AbortController();
    const session = policy.run({ signal: abort.signal });
    const job: Job = { id: session.id, policy: policy.name, state: "running", progress: {}, points: [] };
    this.#jobs.set(job.id, job);
    this.#sessions.set(job.id, { session, abort });
    void this.#follow(job, session);
    return job;
  }

  async #follow(job: Job, session: ReturnType<Policy["run"]>): Promise<void> {
    try {
      for await (const event of session) note(job, event);
      await session;
      job.state = "succeeded";
    } catch (error) {
      job.state = "failed";
      job.error = error instanceof Error ? error.message : String(error);
    }
  }

  #stop(job: Job): Job {
    this.#sessions.get(job.id)?.abort.abort(new Error("stopped by its user"));
    return job;
  }

  async #stream(job: Job, response: ServerResponse): Promise<void> {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    const session = this.#sessions.get(job.id)?.session;
    try {
      for await (const event of session ?? []) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    } catch (error) {
      response.write(`event: session:failed\ndata: ${JSON.stringify({ message: error instanceof Error ? error.message : String(error) })}\n\n`);
    }
    response.end();
  }
}

function note(job: Job, event: PolicyEvent): void {
  if (event.type === "volume:progress") job.progress[event.volumeId] = event.fraction;
  if (event.type === "volume:completed") job.progress[event.volumeId] = 1;
  if (event.type === "point:committed") job.points.push(event.point);
}

function send(response: ServerResponse, status: number, body: Job | readonly Job[] | { readonly error: string }): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

