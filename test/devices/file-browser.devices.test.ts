import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FileBrowser } from "../../examples/file-browser/file-browser.js";
import { backUpImage } from "../support/image-world.js";
import { makeDevicesBed } from "./devices-bed.js";
import { runTool } from "./run-tool.js";

let folder: string;
let remove: () => Promise<void>;
let browser: FileBrowser;

beforeAll(async () => {
  const bed = await makeDevicesBed();
  const { repository } = bed;
  ({ folder, remove } = bed);
  await writeFile(join(folder, "disk.img"), gunzipSync(await readFile(new URL("../fixtures/disk.img.gz", import.meta.url))));
  await backUpImage(repository, join(folder, "disk.img"));
  browser = await FileBrowser.start(repository);
});
afterAll(async () => {
  await browser.close();
  await remove();
});

async function get(path: string): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }> {
  const response = await fetch(`${browser.url}${path}`);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

describe("the file browser", () => {
  it("shows dates, file systems and folders, follows its own links, and searches", async () => {
    const { text } = await get("/");
    expect(text).toContain("disk/1 ext fixture ext");
    const etc = /href="([^"]*path=etc)"/.exec(text)![1]!.replaceAll("&#38;", "&");
    expect((await get(etc)).text).toMatch(/hello\.txt<\/a><td class="n">6<td class="quiet">2026-/);
    expect((await get("/?search=journalled")).text).toContain("path=etc%2Fdeep%2Fjournalled");
  });

  it("gives files, tars and zips as downloads", async () => {
    const file = await get("/file?path=etc/deep/journalled");
    expect(file.text).toBe("only the journal knows\n");
    expect(file.headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''journalled");
    await writeFile(join(folder, "etc.tar"), Buffer.from(await (await fetch(`${browser.url}/tar?path=etc`)).arrayBuffer()));
    expect(await runTool("tar", ["-tf", join(folder, "etc.tar")])).toContain("etc/deep/renamed/\n");
  });

  it("escapes what names hold, tells what is wrong, and answers nobody under another name", async () => {
    expect((await get("/?search=%3Cscript%3E")).text).not.toContain("<script>");
    expect(await get("/file?path=etc/nothing")).toMatchObject({ status: 400 });
    expect(await get("/file?path=absolute")).toMatchObject({ status: 400 });
    const [response] = (await once(request(browser.url, { headers: { host: "evil.example" } }).end(), "response")) as [IncomingMessage];
    expect(response.resume().statusCode).toBe(403);
  });
});
