import { once } from "node:events";
import { createServer, request as httpRequest, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { region, S3Bed } from "../../../test/support/s3-bed.js";
import { AwsAccount, clientsOf } from "./aws-account.js";
import { proxyOfEnvironment } from "./aws-proxy.js";
import { s3Storage } from "./s3/s3-storage.js";

let bed: S3Bed;
beforeAll(async () => {
  bed = await S3Bed.open();
});
afterAll(async () => {
  await bed.close();
});

/** A proxy as RFC 9110 has it: tunnels by CONNECT, and forwards what comes with a whole URL. */
let proxy: Server;
let url: string;
let tunnels: string[];
const sockets = new Set<Socket>();
beforeEach(async () => {
  tunnels = [];
  proxy = createServer((request, response) => {
    tunnels.push(request.url ?? "");
    const forwarded = httpRequest(request.url ?? "", { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(forwarded);
  });
  proxy.on("connect", (request, client: Socket) => {
    tunnels.push(request.url ?? "");
    const [host = "", port = ""] = (request.url ?? "").split(":");
    const server = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      client.pipe(server).pipe(client);
    });
    for (const socket of [server, client]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
    }
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`;
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
});

describe("a proxy", () => {
  it("is what every call goes by, data too", async () => {
    const bucket = await bed.makeBucket();
    const account = new AwsAccount({ ...bed.cloud.connection({ region }), proxy: { url } });
    const store = await s3Storage({ account, bucket }).openStore();
    for (const name of ["first", "second"]) await store.put(name, Buffer.from(name));
    expect((await store.get("second")).body.toString()).toBe("second");
    expect(clientsOf(account).hotRoad("s3", region)).toBeUndefined();
    expect(tunnels.length).toBeGreaterThan(0);
    await account.close();
  });

  it("is passed by where its exceptions say so", async () => {
    const bucket = await bed.makeBucket();
    const account = new AwsAccount({ ...bed.cloud.connection({ region }), proxy: { url, except: "127.0.0.1" } });
    await (await s3Storage({ account, bucket }).openStore()).put("first", Buffer.from("first"));
    expect(tunnels).toEqual([]);
    await account.close();
  });

  it("is the one that the environment names, as other programs read it", () => {
    expect(proxyOfEnvironment(undefined, { HTTPS_PROXY: "http://a:1", https_proxy: "http://b:2", NO_PROXY: ".local" })).toEqual({ url: "http://b:2", except: ".local" });
    expect(proxyOfEnvironment(undefined, { HTTP_PROXY: "http://a:1", HTTPS_PROXY: "" })).toBeUndefined();
    expect(proxyOfEnvironment("http://localhost:9000", { HTTP_PROXY: "proxy:3128" })).toEqual({ url: "http://proxy:3128" });
  });

  it("is checked, and its password is told to nobody", () => {
    for (const wrong of ["proxy", "ftp://user:secret@proxy", ""]) {
      let message = "";
      try {
        new AwsAccount({ ...bed.cloud.connection({ region }), proxy: { url: wrong } });
      } catch (error) {
        message = String(error);
      }
      expect(message).toContain("proxy.url: must be the URL of a proxy");
      expect(message).not.toContain("secret");
    }
    expect(() => new AwsAccount({ ...bed.cloud.connection({ region }), proxy: { url, exept: "x" } as never })).toThrow("proxy.exept");
  });
});
