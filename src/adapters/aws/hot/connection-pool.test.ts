import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ConnectionPool, type ConnectionPoolOptions } from "./connection-pool.js";

/** No busy machine is late by so much. */
const patient = { connectTimeoutMs: 20_000, firstByteTimeoutMs: 20_000, bodyIdleTimeoutMs: 20_000, maxConnections: 4 };
const get = { head: "GET / HTTP/1.1\r\nhost: h\r\n\r\n", body: [] };
const servers: Server[] = [];
const pools: ConnectionPool[] = [];

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers each request as a script says, with the number of its connection. */
async function serve(answer: (socket: Socket, request: string, connection: number) => void, options: Partial<ConnectionPoolOptions> = {}): Promise<{ readonly pool: ConnectionPool; readonly connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    const number = ++connections;
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      answer(socket, data.toString("latin1"), number);
    });
  });
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  const pool = new ConnectionPool({ isTls: false, host: "127.0.0.1", port: (server.address() as AddressInfo).port }, { ...patient, ...options });
  pools.push(pool);
  return { pool, connections: () => connections };
}

const alloc = (_head: unknown, length: number): Buffer => Buffer.alloc(length);

describe("a connection of hot calls", () => {
  it("reads a body right into the memory that it is given, however it is cut into pieces", async () => {
    const body = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
    const { pool, connections } = await serve((socket) => {
      void (async () => {
        const bytes = Buffer.concat([Buffer.from(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-Amz-Checksum: abc\r\ncontent-length: ${body.length}\r\n\r\n`), body]);
        for (let offset = 0, step = 1; offset < bytes.length; offset += step, step = offset < 120 ? 7 : 30_000) {
          socket.write(bytes.subarray(offset, offset + step));
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
    });
    const memory = Buffer.alloc(body.length);
    for (let call = 0; call < 3; call++) {
      const answer = await pool.send(get, () => memory.fill(0), undefined);
      expect(answer).toMatchObject({ status: 200, headers: { "x-amz-checksum": "abc" } });
      expect(answer.body).toBe(memory);
      expect(memory.equals(body)).toBe(true);
    }
    expect(connections()).toBe(1);
  });

  it("sends a body of many buffers whole", async () => {
    const parts = [Buffer.alloc(3_000_000, 1), Buffer.alloc(5, 2), Buffer.alloc(70_000, 3)];
    const wanted = parts.reduce((sum, part) => sum + part.length, 0);
    let received = "";
    const { pool } = await serve((socket, data) => {
      received += data;
      if (received.length - (received.indexOf("\r\n\r\n") + 4) === wanted) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    });
    const head = `PUT / HTTP/1.1\r\ncontent-length: ${wanted}\r\n\r\n`;
    expect((await pool.send({ head, body: parts }, alloc, undefined)).status).toBe(200);
    expect(Buffer.from(received.slice(head.length), "latin1").equals(Buffer.concat(parts))).toBe(true);
  });

  it("gives a refusal's body, in chunks too, and goes on being used", async () => {
    const { pool, connections } = await serve((socket) => socket.write("HTTP/1.1 503 Slow\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<Err\n\r\n3;x=y\r\nor>\r\n0\r\n\r\n"));
    for (let call = 0; call < 2; call++) expect((await pool.send(get, alloc, undefined)).body.toString()).toBe("<Err\nor>");
    expect(connections()).toBe(1);
  });

  it.each([
    ["is silent", "", "no answer came"],
    ["stands still in the head", "HTTP/1.1 200", "no answer came"],
    ["stands still in the body", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345", "the answer stood still"],
  ])("is cut when the server %s", async (_what, said, message) => {
    const { pool } = await serve((socket) => socket.write(said), { firstByteTimeoutMs: 300, bodyIdleTimeoutMs: 300 });
    await expect(pool.send(get, alloc, undefined)).rejects.toMatchObject({ code: "ETIMEDOUT", message: expect.stringContaining(message) as string });
  });

  it.each([
    ["closed before the answer", ""],
    ["closed within the body", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345"],
  ])("that is %s fails as a network does, and the next call takes another", async (_what, said) => {
    const { pool, connections } = await serve((socket, _request, connection) => {
      if (connection === 1) socket.end(said);
      else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
    await expect(pool.send(get, alloc, undefined)).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
    expect((await pool.send(get, alloc, undefined)).body.toString()).toBe("ok");
    expect(connections()).toBe(2);
  });

  it.each([
    ["is no HTTP", "SSH-2.0-OpenSSH\r\n\r\n"],
    ["does not say how long it is", "HTTP/1.1 200 OK\r\n\r\n"],
    ["says two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok"],
    ["is longer than it says", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokay"],
    ["has a head without end", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(20_000)}`],
  ])("refuses an answer that %s", async (_what, said) => {
    const { pool } = await serve((socket) => socket.write(said));
    await expect(pool.send(get, alloc, undefined)).rejects.toMatchObject({ code: "HPE_INVALID" });
  });

  it("ends a call with the signal's reason, and with it the connection", async () => {
    const { pool } = await serve((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345"));
    const abort = new AbortController();
    const call = pool.send(get, (_head, length) => {
      setImmediate(() => { abort.abort(new Error("enough")); });
      return Buffer.alloc(length);
    }, abort.signal);
    await expect(call).rejects.toThrow("enough");
    const waiting = new AbortController();
    waiting.abort(new Error("not even begun"));
    await expect(pool.send(get, alloc, waiting.signal)).rejects.toThrow("not even begun");
  });

  it("has no more connections than it may, and calls wait for one in the order of coming", async () => {
    const held: Socket[] = [];
    const { pool, connections } = await serve((socket) => held.push(socket), { maxConnections: 2 });
    const done: number[] = [];
    const calls = [0, 1, 2, 3].map(async (number) => {
      await pool.send(get, alloc, undefined);
      done.push(number);
    });
    while (done.length < 4) {
      held.shift()?.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(calls);
    expect([connections(), done]).toEqual([2, [0, 1, 2, 3]]);
  });

  it("leaves a connection that the server wants closed", async () => {
    const { pool, connections } = await serve((socket) => socket.write("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"));
    for (let call = 0; call < 2; call++) await pool.send(get, alloc, undefined);
    expect(connections()).toBe(2);
  });

  it("fails when nobody listens", async () => {
    await serve(() => undefined);
    const { port } = servers[0]?.address() as AddressInfo;
    await new Promise((resolve) => servers[0]?.close(resolve));
    const lonely = new ConnectionPool({ isTls: false, host: "127.0.0.1", port }, patient);
    pools.push(lonely);
    await expect(lonely.send(get, alloc, undefined)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});
