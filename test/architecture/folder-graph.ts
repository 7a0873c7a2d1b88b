/** Which folder imports which. */
export type FolderGraph = ReadonlyMap<string, ReadonlySet<string>>;

export interface Import {
  readonly from: string;
  readonly to: string;
}

/** The folders right below `root` by what their files import of each other; files that lie in `root` itself are left out, or stand for themselves where `named` has them. */
export function folderGraph(imports: Iterable<Import>, root: string, named: readonly string[] = []): FolderGraph {
  const graph = new Map<string, Set<string>>();
  const folderOf = (path: string): string | undefined => {
    if (!path.startsWith(root)) return undefined;
    const [first = "", ...rest] = path.slice(root.length).split("/");
    return rest.length > 0 || named.includes(first) ? first : undefined;
  };
  const reach = (folder: string): Set<string> => {
    const known = graph.get(folder) ?? new Set<string>();
    graph.set(folder, known);
    return known;
  };
  for (const { from, to } of imports) {
    const [above, below] = [folderOf(from), folderOf(to)];
    if (above !== undefined) reach(above);
    if (below !== undefined) reach(below);
    if (above !== undefined && below !== undefined && above !== below) reach(above).add(below);
  }
  return graph;
}

/** A way round from a folder to itself, if there is one. */
export function findCycle(graph: FolderGraph): readonly string[] | undefined {
  const done = new Set<string>();
  const search = (folder: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(folder)) return [...way.slice(way.indexOf(folder)), folder];
    if (done.has(folder)) return undefined;
    for (const below of graph.get(folder) ?? []) {
      const cycle = search(below, [...way, folder]);
      if (cycle !== undefined) return cycle;
    }
    done.add(folder);
    return undefined;
  };
  for (const folder of graph.keys()) {
    const cycle = search(folder, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** The same without each arrow that follows from others: from `a` to `c` where `a` reaches `c` by `b`. Only of a graph without cycles. */
export function withoutDetours(graph: FolderGraph): FolderGraph {
  return new Map([...graph].map(([folder, below]) => {
    const further = new Set([...below].flatMap((one) => [...reachableFrom(graph, one)]));
    return [folder, new Set([...below].filter((one) => !further.has(one)))];
  }));
}

/** All that a folder reaches, itself left out. */
function reachableFrom(graph: FolderGraph, folder: string): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [folder];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const below of graph.get(next) ?? []) {
      if (reached.has(below)) continue;
      reached.add(below);
      open.push(below);
    }
  }
  return reached;
}

/** As Mermaid draws it: who imports stands above. */
export function drawGraph(graph: FolderGraph): string {
  const names = [...graph.keys()].sort();
  const idOf = (name: string): string => name.replace(/[^a-z]/gi, "_");
  const nodes = names.map((name) => `  ${idOf(name)}["${name}"]`);
  const arrows = names.flatMap((name) => [...(graph.get(name) ?? [])].sort().map((below) => `  ${idOf(name)} --> ${idOf(below)}`));
  return ["flowchart TD", ...nodes, ...arrows].join("\n");
}
