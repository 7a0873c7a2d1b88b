import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FileBrowser } from "../../examples/file-browser/file-browser.js";
import { backUpImage } from "../support/image-world.js";
import { makeDevicesBed, type DevicesBed } from "./devices-bed.js";

let bed: DevicesBed;
let files: FileBrowser;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  bed = await makeDevicesBed();
  const path = join(bed.folder, "disk.img");
  const image = gunzipSync(await readFile(new URL("../fixtures/fat.img.gz", import.meta.url)));
  await writeFile(path, image);
  await backUpImage(bed.repository, path);
  // one file was changed and one removed by the second date
  const entry = image.indexOf("SHORT   TXT", 0, "latin1");
  image.writeUInt16LE(image.readUInt16LE(entry + 22) + 32, entry + 22);
  image.writeUInt8(0xe5, image.indexOf("EMPTY      ", 0, "latin1"));
  await writeFile(path, image);
  await backUpImage(bed.repository, path);
  files = await FileBrowser.start(bed.repository);
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
  page = await browser.newPage();
});
afterAll(async () => {
  await browser.close();
  await files.close();
  await bed.remove();
});

async function names(): Promise<string[]> {
  return await page.locator("tbody tr td:first-child").allTextContents();
}

describe("the file browser in a browser", () => {
  it("lists folders, follows them, and searches", async () => {
    await page.goto(files.url);
    expect(await names()).toEqual(expect.arrayContaining(["Folder/", "SHORT.TXT", "gap2"]));
    await page.getByRole("link", { name: "Folder/" }).click();
    expect(await names()).toEqual(["deeper/", "A rather long name, ünïcödé ☃.txt"]);
    await page.getByRole("link", { name: "All files" }).click();
    await page.getByLabel("Search by name").fill("piec");
    await page.getByRole("button", { name: "Show" }).click();
    expect(await names()).toEqual(["pieces"]);
  });

  it("gives a file as a download, byte for byte", async () => {
    const coming = page.waitForEvent("download");
    await page.getByRole("link", { name: "pieces" }).click();
    const path = join(bed.folder, "downloaded");
    await (await coming).saveAs(path);
    expect(await readFile(path, "utf8")).toBe(Array.from({ length: 30_000 }, (_, at) => `${String(at + 1)}\n`).join(""));
  });

  it("shows another date, and what changed between two", async () => {
    await page.goto(files.url);
    expect(await names()).not.toContain("empty");
    await page.getByLabel("Date").selectOption({ index: 1 });
    await page.getByRole("button", { name: "Show" }).click();
    expect(await names()).toContain("empty");
    await page.getByLabel("Date").selectOption({ index: 0 });
    await page.getByLabel("Compare with").selectOption({ index: 2 });
    await page.getByRole("button", { name: "Show" }).click();
    const rows = await page.locator("tbody tr").allTextContents();
    expect(rows).toEqual(["emptyremoved0", "SHORT.TXTchanged66"].sort());
  });
});
