const packageName = "@napi-rs/xattr";

/** Sets an extended attribute of what is at a path, of a link the link's own. Raises as the system does, with a `code` or a message that names it. */
export type SetAttribute = (path: string, name: string, value: Buffer) => Promise<void>;

/** By what attributes are set, loaded when it is first needed: Node has no call for it. Or why nothing here can. */
export async function loadSetAttribute(): Promise<SetAttribute | { readonly missing: string }> {
  try {
    const { setAttribute } = await import("@napi-rs/xattr");
    return async (path, name, value) => await setAttribute(path, name, value);
  } catch (cause) {
    // not installed, or not for this platform
    return { missing: `this machine has no package ${packageName} that can be loaded (npm install ${packageName}): ${cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause)}` };
  }
}
