import { createRequire } from "node:module";

const packageName = "@napi-rs/xattr";

/** What is used of the package. */
interface NativeAttributes {
  readonly setAttribute: (path: string, name: string, value: Buffer) => Promise<void>;
}

/** Sets an extended attribute of what is at a path, of a link the link's own. Raises as the system does. */
export type SetAttribute = NativeAttributes["setAttribute"];

/** By what attributes are set, loaded when it is first needed: Node has no call for it. Or why nothing here can. */
export function loadSetAttribute(): SetAttribute | { readonly missing: string } {
  try {
    // a bundler must not look for the bindings of all platforms
    const { setAttribute } = createRequire(import.meta.url)(packageName) as NativeAttributes;
    return setAttribute;
  } catch (cause) {
    // not installed, or not for this platform
    return { missing: `this machine has no package ${packageName} that can be loaded (npm install ${packageName}): ${cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause)}` };
  }
}
