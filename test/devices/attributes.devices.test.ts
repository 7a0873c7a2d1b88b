import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Restore } from "../../src/index.js";
import { backUpImage } from "../support/image-world.js";
import { makeDevicesBed, type DevicesBed } from "./devices-bed.js";
import { runTool } from "./run-tool.js";

let bed: DevicesBed;

beforeAll(async () => {
  bed = await makeDevicesBed();
});
afterAll(async () => {
  await bed.remove();
});

/** All attributes below a folder, as getfattr tells them: by path and name, in base64. */
async function attributesOf(folder: string): Promise<Record<string, Record<string, string>>> {
  const said = await runTool("bash", ["-c", 'cd "$0" && getfattr -R -h -d -m - -e base64 --absolute-names .', folder]);
  const all: Record<string, Record<string, string>> = {};
  for (const part of said.split("\n\n")) {
    const [head = "", ...lines] = part.split("\n").filter((line) => line !== "");
    if (head === "") continue;
    all[head.replace(/^# file: \.\/?/, "")] = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")).replaceAll("\\075", "="), line.slice(line.indexOf("=0s") + 3)]));
  }
  return all;
}

const fill = `
cd "$0"
mkdir folder && echo x >folder/file && echo y >plain && ln -s plain link
setfattr -n user.short -v hello folder/file
setfattr -n user.name=with%signs -v odd plain
setfattr -n user.long -v "$(head -c 1500 /dev/zero | tr '\\0' v)" folder/file
setfattr -n user.bytes -v 0x00ff0a3d folder/file
setfattr -n trusted.overlay.opaque -v y folder
setfacl -m u:1234:rw,g:77:r,m::rwx folder/file
setfacl -d -m u:4321:rwx folder
cp /bin/true program && setcap cap_net_raw+ep program
sync -f .`;

describe("extended attributes and access lists of ext", () => {
  for (const make of [["mkfs.ext4", "-q", "-F"], ["mkfs.ext4", "-q", "-F", "-O", "inline_data,ea_inode"], ["mkfs.ext4", "-q", "-F", "-I", "128"]]) {
    it(`${make.join(" ")}: are those of the mounted original, and a tar gives them back`, async () => {
      const [image, mounted, copy] = [join(bed.folder, "part.img"), join(bed.folder, "mnt"), join(bed.folder, "copy.img")];
      await mkdir(mounted, { recursive: true });
      await runTool("bash", ["-c", 'rm -f "$0" && truncate -s 64M "$0"', image]);
      await runTool(make[0]!, [...make.slice(1), image]);
      await runTool("mount", ["-o", "loop", image, mounted]);
      let expected: Record<string, Record<string, string>>;
      try {
        await runTool("bash", ["-c", fill, mounted]);
        if (make.join().includes("ea_inode")) await runTool("bash", ["-c", 'setfattr -n user.huge -v "$(head -c 20000 /dev/zero | tr "\\0" h)" "$0/plain" && sync -f "$0"', mounted]);
        expected = await attributesOf(mounted);
        await runTool("cp", ["--sparse=always", image, copy]);
      } finally {
        await runTool("umount", [mounted]);
      }
      expect(Object.keys(expected).sort()).toEqual(["folder", "folder/file", "plain", "program"]);
      await using files = await new Restore({ repository: bed.repository }).files(await backUpImage(bed.repository, copy, make.join(" ")));
      const found: Record<string, Record<string, string>> = {};
      for await (const { path, extendedAttributes } of files.fileSystem().walk()) if (extendedAttributes !== undefined) found[path] = { ...extendedAttributes };
      expect(found).toEqual(expected);
      const unpacked = join(bed.folder, `unpacked ${make.join(" ")}`);
      await mkdir(unpacked);
      await writeFile(join(bed.folder, "all.tar"), files.fileSystem().tar("/"));
      await runTool("tar", ["-xf", join(bed.folder, "all.tar"), "-C", unpacked, "--xattrs", "--xattrs-include=user.*", "--xattrs-include=security.*", "--xattrs-include=trusted.*"]);
      const given = await attributesOf(unpacked);
      const saved = await files.fileSystem().save("/", { to: join(bed.folder, `saved ${make.join(" ")}`) });
      const savedAttributes = await attributesOf(saved.to);
      const left = saved.savedWithout.flatMap(({ reason }) => Object.values(expected).flatMap((attributes) => Object.keys(attributes)).filter((name) => reason.includes(name)));
      for (const [path, attributes] of Object.entries(expected)) {
        for (const [name, value] of Object.entries(attributes)) if (!left.includes(name)) expect(savedAttributes[path]?.[name], `${path} ${name}`).toBe(value);
      }
      // what the file system here takes, it has
      expect(left.filter((name) => name !== "user.huge")).toEqual([]);
      // what the long value needs, the file system here need not have
      for (const [path, attributes] of Object.entries(expected)) {
        for (const [name, value] of Object.entries(attributes)) if (/^(user|security|trusted)\./.test(name) && name !== "user.huge") expect(given[path]?.[name], `${path} ${name}`).toBe(value);
      }
    });
  }
});
