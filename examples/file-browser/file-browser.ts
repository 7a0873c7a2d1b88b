import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { HoldfastError, Restore, type FileDifference, type FileEntry, type FileSystem, type Repository, type RestoreFiles, type RestorePoint } from "holdfast";
import { page, type PageContent } from "./page.js";

/** More rows than these help nobody. */
const maxRows = 5_000;

/** A web page to browse the files of a repository's restore points: for the user of this machine, on its loopback address. */
export class FileBrowser {
  readonly #repository: Repository;
  readonly #server: Server;
  readonly #opened = new Map<string, Promise<RestoreFiles>>();

  private constructor(repository: Repository) {
    this.#repository = repository;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => fail(response, error));
    });
  }

  static async start(repository: Repository, port = 0): Promise<FileBrowser> {
    const browser = new FileBrowser(repository);
    await new Promise<void>((resolve) => browser.#server.listen(port, "127.0.0.1", resolve));
    return browser;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${String(typeof address === "object" ? address?.port : "")}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    for (const files of this.#opened.values()) await (await files).close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // a page from elsewhere, under a name that leads here, gets nothing
    if (`http://${request.headers.host ?? ""}` !== this.url || request.method !== "GET") {
      response.writeHead(403).end();
      return;
    }
    const { pathname, searchParams } = new URL(request.url ?? "/", this.url);
    const asked = (name: string): string => searchParams.get(name) ?? "";
    const points: RestorePoint[] = [];
    for await (const point of this.#repository.restorePoints()) points.unshift(point);
    const point = points.find(({ id }) => id === asked("point")) ?? points[0];
    const files = point === undefined ? undefined : await this.#open(point);
    const fileSystem = files?.fileSystems.find(({ id }) => id === asked("fs")) ?? files?.fileSystems.find(({ engine }) => engine !== undefined);
    const [path, search] = [asked("path"), asked("search")];
    if (pathname !== "/" && fileSystem !== undefined) {
      const name = path.split("/").at(-1) ?? "";
      if (pathname === "/file") await send(response, name, fileSystem.read(path));
      else if (pathname === "/tar") await send(response, `${name}.tar`, fileSystem.tar(path));
      else if (pathname === "/zip") await send(response, `${name}.zip`, fileSystem.zip(path));
      else response.writeHead(404).end();
      return;
    }
    const against = points.find(({ id }) => id === asked("compare"));
    if (against !== undefined && fileSystem !== undefined) {
      answerPage(response, { points, point, fileSystems: files?.fileSystems ?? [], fileSystem, path, search, entries: [], against, differences: await this.#differences(against, fileSystem, path) });
      return;
    }
    const entries: FileEntry[] = [];
    for await (const entry of fileSystem === undefined ? [] : search === "" ? fileSystem.list(path) : fileSystem.search({ name: search, path })) {
      if (entries.push(entry) >= maxRows) break;
    }
    entries.sort((a, b) => Number(b.kind === "folder") - Number(a.kind === "folder") || a.path.localeCompare(b.path));
    answerPage(response, { points, point, fileSystems: files?.fileSystems ?? [], fileSystem, path, search, entries });
  }

  /** What changed below a folder since an earlier point. */
  async #differences(against: RestorePoint, fileSystem: FileSystem, path: string): Promise<FileDifference[]> {
    const differences: FileDifference[] = [];
    const before = (await this.#open(against)).fileSystem(fileSystem.id);
    for await (const difference of before.compareWith(fileSystem, { path })) if (differences.push(difference) >= maxRows) break;
    return differences;
  }

  async #open(point: RestorePoint): Promise<RestoreFiles> {
    const files = this.#opened.get(point.id) ?? new Restore({ repository: this.#repository }).files(point);
    this.#opened.set(point.id, files);
    return await files.catch((error: unknown) => {
      this.#opened.delete(point.id);
      throw error;
    });
  }
}

function answerPage(response: ServerResponse, content: PageContent): void {
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'" });
  response.end(page(content));
}

/** Always as a download: nothing from a stranger's disk is shown as a page of ours. */
async function send(response: ServerResponse, name: string, content: AsyncIterable<Buffer>): Promise<void> {
  const pieces = content[Symbol.asyncIterator]();
  // what cannot be read is told before the answer begins
  const first = await pieces.next();
  response.writeHead(200, { "content-type": "application/octet-stream", "x-content-type-options": "nosniff", "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(Buffer.from(name).toString())}` });
  const rest = async function* (): AsyncGenerator<Buffer> {
    if (first.done !== true) yield first.value;
    yield* { [Symbol.asyncIterator]: () => pieces };
  };
  await pipeline(Readable.from(rest()), response);
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(HoldfastError.isInstance(error) ? 400 : 500, { "content-type": "text/plain; charset=utf-8" });
  response.end(error instanceof Error ? error.message : String(error));
}
