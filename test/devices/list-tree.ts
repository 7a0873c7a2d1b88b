import type { ListedFile } from "../support/listed-file.js";
import { runTool } from "./run-tool.js";

const kinds: Readonly<Record<string, string>> = { f: "regular file", d: "directory", l: "symbolic link", c: "character special file", b: "block special file", p: "fifo", s: "socket" };
const format = ["%P", "%y", "%m", "%U", "%G", "%s", "%n", "%T@", "%l"].map((part) => `${part}\\0`).join("");

/** All that lies below a folder, as find, stat and sha256sum tell it. */
export async function listTree(folder: string): Promise<ListedFile[]> {
  const options = { cwd: folder, encoding: "latin1" } as const;
  const fields = (await runTool("find", [".", "-mindepth", "1", "-printf", format], options)).split("\0");
  const digests = new Map((await runTool("bash", ["-c", "find . -type f -print0 | xargs -0 -r sha256sum -z"], options)).split("\0").map((line) => [line.slice(66), line.slice(0, 64)]));
  const devices = new Map((await runTool("bash", ["-c", "find . \\( -type c -o -type b \\) -print0 | xargs -0 -r stat --printf '%n\\0%Hr\\0%Lr\\0'"], options)).match(/[^\0]*\0[^\0]*\0[^\0]*\0/g)?.map((line) => line.split("\0")).map(([name, major, minor]) => [name, { major, minor }] as const));
  const files: ListedFile[] = [];
  for (let at = 0; at + 9 <= fields.length; at += 9) {
    const [name = "", kind = "", mode = "", userId = "", groupId = "", sizeBytes = "", linkCount = "", modifiedAt = "", target = ""] = fields.slice(at, at + 9);
    const { major = "0", minor = "0" } = devices.get(`./${name}`) ?? {};
    files.push({
      name: Buffer.from(name, "latin1").toString("base64"),
      kind: kinds[kind] ?? kind,
      mode,
      userId,
      groupId,
      sizeBytes: kind === "d" ? "" : sizeBytes,
      linkCount,
      // find gives ten digits, of which the last is always zero
      modifiedAt: modifiedAt.slice(0, -1),
      major,
      minor,
      sha256: kind === "f" ? (digests.get(`./${name}`) ?? "") : "",
      target: Buffer.from(target, "latin1").toString(),
    });
  }
  return files;
}
