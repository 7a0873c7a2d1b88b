/**
 * Mounts a file system of a block device and answers questions about it: the program of the process that `KernelReader` starts, alone in a mount
 * and a process namespace of its own, so that everything it made is gone when it ends, however it ends. Plain JavaScript, because it is run as it stands.
 *
 * Arguments: a folder with the empty folders `disk` and `root`, the NBD URI, the kernel's name of the file system, its mount options.
 */
import { Buffer } from "node:buffer";
import { spawn, spawnSync } from "node:child_process";
import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import process from "node:process";

const [folder = "", uri = "", type = "", mountOptions = ""] = process.argv.slice(2);
const image = `${folder}/disk/image`;
const root = `${folder}/root`;

/** How long nbdfuse may take to show the device, and how often it is looked for. */
const appearTimeoutMs = 20_000;
const appearStepMs = 20;
/** Entries of a folder sent at once. */
const entriesPerMessage = 500;

function mount() {
  const fuse = spawn("nbdfuse", [image, uri], { stdio: "ignore" });
  fuse.on("error", () => undefined);
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; !existsSync(image); waitedMs += appearStepMs) {
    if (waitedMs > appearTimeoutMs) throw new Error("nbdfuse did not show the device");
    Atomics.wait(nobody, 0, 0, appearStepMs);
  }
  if (type === "ntfs-3g") {
    run("ntfs-3g", ["-o", mountOptions, image, root]);
    return;
  }
  const loop = run("losetup", ["--find", "--show", image]).trim();
  try {
    run("mount", ["-t", type, "-o", mountOptions, loop, root]);
  } finally {
    // taken away as soon as nobody uses it: at once where the mount failed, else with the mount
    run("losetup", ["--detach", loop]);
  }
}

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr.trim()}`);
  return stdout;
}

/** A path below the mount, none of whose folders is a link. */
function placeOf(parts) {
  let place = Buffer.from(root);
  parts.forEach((part, at) => {
    place = Buffer.concat([place, Buffer.from("/"), part]);
    if (at < parts.length - 1 && !lstatSync(place).isDirectory()) throw Object.assign(new Error("no folder"), { code: "ENOENT" });
  });
  return place;
}

function factsOf(place, name) {
  const { mode, uid, gid, size, nlink, ino, dev, rdev, mtimeNs, atimeNs, birthtimeNs } = lstatSync(place, { bigint: true });
  const isLink = (Number(mode) & constants.S_IFMT) === constants.S_IFLNK;
  return { name, mode: Number(mode), uid: Number(uid), gid: Number(gid), size, nlink: Number(nlink), inode: `${dev}:${ino}`, rdev, mtimeNs, atimeNs, birthtimeNs, ...(isLink && { target: readlinkSync(place, { encoding: "buffer" }) }) };
}

const operations = {
  stat: ({ parts }) => factsOf(placeOf(parts), parts.at(-1) ?? Buffer.alloc(0)),
  list: ({ parts }, more) => {
    const place = placeOf(parts);
    if (!lstatSync(place).isDirectory()) throw Object.assign(new Error("no folder"), { code: "ENOTDIR" });
    const names = readdirSync(place, { encoding: "buffer" });
    for (let at = 0; at < names.length; at += entriesPerMessage) {
      more(names.slice(at, at + entriesPerMessage).map((name) => factsOf(Buffer.concat([place, Buffer.from("/"), name]), name)));
    }
    return undefined;
  },
  open: ({ parts }) => {
    const descriptor = openSync(placeOf(parts), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
    throw Object.assign(new Error("no file"), { code: "EISDIR" });
  },
  read: ({ descriptor, position, length }) => {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, position));
  },
  close: ({ descriptor }) => closeSync(descriptor),
};

process.on("message", ({ id, operation, ...question }) => {
  try {
    const result = operations[operation](question, (part) => process.send({ id, part }));
    process.send({ id, result });
  } catch (error) {
    process.send({ id, error: { code: error.code ?? "", message: error.message } });
  }
});
process.on("disconnect", () => {
  spawnSync("umount", [root]);
  process.exit(0);
});

try {
  mount();
  process.send({ id: 0 });
} catch (error) {
  process.send({ id: 0, error: { code: "", message: error.message } });
}
