import type { FileDifference, FileEntry, FileSystem, RestorePoint } from "holdfast";

/** What a page shows. */
export interface PageContent {
  readonly points: readonly RestorePoint[];
  readonly point: RestorePoint | undefined;
  readonly fileSystems: readonly FileSystem[];
  readonly fileSystem: FileSystem | undefined;
  readonly path: string;
  readonly search: string;
  readonly entries: readonly FileEntry[];
  /** The earlier point that this one is compared with, and what changed since. */
  readonly against?: RestorePoint | undefined;
  readonly differences?: readonly FileDifference[] | undefined;
}

/** A link's query. */
export type Query = Readonly<Record<string, string>>;

const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 15%, transparent); --soft: color-mix(in srgb, currentColor 60%, transparent); --accent: #2563eb }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 68rem; padding: 1.5rem }
h1 { font-size: 1.25rem; margin: 0 0 1rem }
form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; padding-bottom: 1rem; border-bottom: 1px solid var(--line) }
label { display: grid; font-size: .8rem; color: var(--soft) }
select, input, button { font: inherit; padding: .3rem .5rem; border: 1px solid var(--line); border-radius: .4rem; max-width: 22rem }
button { background: var(--accent); border-color: var(--accent); color: #fff; padding-inline: 1rem }
nav { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .5rem; margin: 1rem 0 }
a { color: var(--accent); text-decoration: none } a:hover { text-decoration: underline }
table { border-collapse: collapse; width: 100% }
th { text-align: left; font-size: .8rem; font-weight: 500; color: var(--soft) }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.quiet { color: var(--soft) }`;

/** The page as HTML. Every text in it comes from a stranger's disk, and is escaped. */
export function page(content: PageContent): string {
  const { points, point, fileSystems, fileSystem, path, search, entries, against, differences } = content;
  const place: Query = { point: point?.id ?? "", fs: fileSystem?.id ?? "" };
  const parts = path.split("/").filter((part) => part !== "");
  const way = [link({ ...place, path: "" }, "All files"), ...parts.map((part, at) => link({ ...place, path: parts.slice(0, at + 1).join("/") }, part))].join(" / ");
  const dates = (chosen: RestorePoint | undefined): string => points.map((one) => option(one.id, `${dateText(one.createdAt)} ${one.name ?? one.resource}`, one === chosen)).join("");
  const rows = differences === undefined ? entries.map((entry) => row(place, entry)) : differences.map((difference) => differenceRow(place, difference));
  const head = differences === undefined ? '<th>Name<th class="n">Size<th>Changed' : `<th>Since ${escape(dateText(against?.createdAt))}<th>What<th class="n">Size before<th class="n">Size now`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Files of restore points</title><style>${style}</style>
<h1>Files of restore points</h1>
<form><input type="hidden" name="path" value="${escape(path)}">
<label>Date <select name="point">${dates(point)}</select></label>
<label>File system <select name="fs">${fileSystems.map((one) => option(one.id, `${one.id} ${one.type} ${one.label ?? ""} ${one.engine ?? "not readable here"}`, one === fileSystem)).join("")}</select></label>
<label>Search by name <input type="search" name="search" value="${escape(search)}"></label>
<label>Compare with <select name="compare"><option value="">nothing</option>${dates(against)}</select></label>
<button>Show</button></form>
<nav><span>${way}</span><span>${link({ ...place, path }, "as tar", "/tar")} · ${link({ ...place, path }, "as zip", "/zip")}</span></nav>
<table><thead><tr>${head}<tbody>${rows.join("")}</table>${rows.length === 0 ? '<p class="quiet">Nothing here.</p>' : ""}`;
}

function row(place: Query, entry: FileEntry): string {
  const query = { ...place, path: entry.path };
  const name = entry.kind === "folder" ? link(query, `${entry.name}/`) : entry.kind === "file" ? link(query, entry.name, "/file") : escape(`${entry.name}${entry.linkTarget === undefined ? ` (${entry.kind})` : ` → ${entry.linkTarget}`}`);
  return `<tr><td>${name}<td class="n">${sizeOf(entry)}<td class="quiet">${escape(dateText(entry.modifiedAt))}`;
}

function differenceRow(place: Query, { path, change, before, after }: FileDifference): string {
  const name = after?.kind === "file" ? link({ ...place, path }, path, "/file") : escape(path);
  return `<tr><td>${name}<td>${change}<td class="n">${sizeOf(before)}<td class="n">${sizeOf(after)}`;
}

function sizeOf(entry: FileEntry | undefined): string {
  return entry?.kind === "file" ? String(entry.sizeBytes) : "";
}

function dateText(date: Date | undefined): string {
  return date?.toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC") ?? "";
}

function link(query: Query, text: string, to = "/"): string {
  return `<a href="${escape(`${to}?${new URLSearchParams(query).toString()}`)}">${escape(text)}</a>`;
}

function option(value: string, text: string, isSelected: boolean): string {
  return `<option value="${escape(value)}"${isSelected ? " selected" : ""}>${escape(text)}</option>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
