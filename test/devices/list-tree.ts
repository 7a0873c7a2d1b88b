import type { ListedFile } from "../support/listed-file.js";
import { runTool } from "./run-tool.js";

/** Prints one file's facts in a line: name in base64, what stat says, the target in base64, the digest. */
const script = `
cd "$1"
find . -mindepth 1 -print0 | while IFS= read -r -d '' path; do
  sum=''; target=''
  if [ -L "$path" ]; then target=$(readlink -n "$path" | base64 -w0); elif [ -f "$path" ]; then sum=$(sha256sum <"$path" | cut -d' ' -f1); fi
  printf '%s|%s|%s|%s\\n' "$(printf '%s' "\${path#./}" | base64 -w0)" "$(stat -c '%F|%a|%u|%g|%s|%h|%.9Y|%Hr|%Lr' "$path")" "$target" "$sum"
done`;

/** All that lies below a folder, as the machine's own tools tell it. */
export async function listTree(folder: string): Promise<ListedFile[]> {
  const output = await runTool("bash", ["-c", script, "list", folder]);
  return output.split("\n").slice(0, -1).map((line) => {
    const [name = "", kind = "", mode = "", userId = "", groupId = "", sizeBytes = "", linkCount = "", modifiedAt = "", major = "", minor = "", target = "", sha256 = ""] = line.split("|");
    return { name, kind: kind.replace(" empty", ""), mode, userId, groupId, sizeBytes: kind === "directory" ? "" : sizeBytes, linkCount, modifiedAt, major, minor, target: Buffer.from(target, "base64").toString(), sha256 };
  });
}
