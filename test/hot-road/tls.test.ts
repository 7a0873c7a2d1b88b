import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const hasOpenssl = works(() => execFileSync("openssl", ["version"]));
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-tls-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(!hasOpenssl)("hot calls over TLS", () => {
  it("carry blocks both ways into their own memory, and not to a server that its certificate does not name", async () => {
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    const selfSigned = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    await promisify(execFile)("openssl", selfSigned);
    const entry = fileURLToPath(new URL("./tls-child.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", entry, key, certificate], { env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate } });
    expect(JSON.parse(stdout)).toEqual({ isRight: true, isSentRight: true, refusal: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });
});

function works(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
