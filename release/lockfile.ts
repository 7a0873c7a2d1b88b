/** A package as package-lock.json has it (https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json). */
export interface LockedPackage {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly hasInstallScript?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

/** The part of package-lock.json that says what is installed where: paths like `node_modules/a/node_modules/b`, and `""` for the project itself. */
export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const modules = "node_modules/";

/** What is installed for these packages of the project, by path: themselves, and whatever they need, on any platform. */
export function installedFor({ packages }: Lockfile, names: readonly string[]): ReadonlyMap<string, LockedPackage> {
  const found = new Map<string, LockedPackage>();
  const waiting = names.map((name) => ({ from: "", name }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const path = pathOf(packages, next.from, next.name);
    const entry = path === undefined ? undefined : packages[path];
    if (path === undefined || entry === undefined) throw new Error(`package-lock.json has no ${next.name} for ${next.from}`);
    if (found.has(path)) continue;
    found.set(path, entry);
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = entry;
    const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
    for (const name of [...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers]) waiting.push({ from: path, name });
  }
  return found;
}

/** The package's name, of its path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf(modules) + modules.length);
}

/** Where Node finds a package: in the nearest folder upwards. */
function pathOf(packages: Lockfile["packages"], from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf(`/${modules}`)))) {
    const path = `${at === "" ? "" : `${at}/`}${modules}${name}`;
    if (path in packages) return path;
    if (at === "") return undefined;
  }
}
