// Serves and calls over TLS in one process, whose certificate it trusts by NODE_EXTRA_CA_CERTS. Its arguments: the key's and the certificate's path.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { ConnectionPool } from "../../src/adapters/aws/hot/connection-pool.js";

const [, , keyPath = "", certificatePath = ""] = process.argv;
const block = Buffer.from(Array.from({ length: 524_288 }, (_, index) => (index * 7919) % 253));
const server = createServer({ key: readFileSync(keyPath), cert: readFileSync(certificatePath) }, (request, response) => {
  const hash = createHash("sha256");
  request.on("data", (data: Buffer) => hash.update(data));
  request.on("end", () => response.writeHead(200, { "x-sha256": hash.digest("hex"), "content-length": block.length }).end(block));
});
server.listen(0, "localhost");
await once(server, "listening");
const timeouts = { connectTimeoutMs: 5_000, firstByteTimeoutMs: 5_000, bodyIdleTimeoutMs: 5_000, maxConnections: 4 };
const { port } = server.address() as AddressInfo;
const pool = new ConnectionPool({ isTls: true, host: "localhost", port }, timeouts);
const stranger = new ConnectionPool({ isTls: true, host: "127.0.0.1", port }, timeouts);
const request = { head: `PUT / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${block.length}\r\n\r\n`, body: [block] };
const memory = Array.from({ length: 8 }, () => Buffer.alloc(block.length));
const answers = await Promise.all(memory.map((own) => pool.send(request, () => own, undefined)));
const refused: unknown = await stranger.send(request, (_head, length) => Buffer.alloc(length), undefined).catch((error: unknown) => error);
process.stdout.write(
  JSON.stringify({
    isRight: answers.every(({ body }, index) => body === memory[index] && body.equals(block)),
    isSentRight: answers.every(({ headers }) => headers["x-sha256"] === createHash("sha256").update(block).digest("hex")),
    refusal: refused instanceof Error && "code" in refused ? refused.code : "none",
  }),
);
await pool.close();
await stranger.close();
server.closeAllConnections();
server.close();
