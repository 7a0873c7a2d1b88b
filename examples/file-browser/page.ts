import type { FileEntry, FileSystem, RestorePoint } from "holdfast";

/** What a page shows. */
export interface PageContent {
  readonly points: readonly RestorePoint[];
  readonly point: RestorePoint | undefined;
  readonly fileSystems: readonly FileSystem[];
  readonly fileSystem: FileSystem | undefined;
  readonly path: string;
  readonly search: string;
  readonly entries: readonly FileEntry[];
}

/** A link's query. */
export type Query = Readonly<Record<string, string>>;

/** The page as HTML. Every text in it comes from a stranger's disk, and is escaped. */
export function page({ points, point, fileSystems, fileSystem, path, search, entries }: PageContent): string {
  const place: Query = { point: point?.id ?? "", fs: fileSystem?.id ?? "" };
  const parts = path.split("/").filter((part) => part !== "");
  const way = parts.map((part, at) => link({ ...place, path: parts.slice(0, at + 1).join("/") }, part)).join(" / ");
  const rows = entries.map((entry) => row(place, entry)).join("");
  return `<!doctype html><meta charset="utf-8"><title>Files of restore points</title>
<style>body{font:15px system-ui;margin:2em;max-width:70em}td{padding:.2em 1em .2em 0}td.n{text-align:right;font-variant-numeric:tabular-nums}</style>
<form><label>Date <select name="point">${points.map((one) => option(one.id, `${one.createdAt.toISOString()} ${one.name ?? one.resource}`, one === point)).join("")}</select></label>
<label>File system <select name="fs">${fileSystems.map((one) => option(one.id, `${one.id} ${one.type} ${one.label ?? ""} ${one.engine ?? "not readable here"}`, one === fileSystem)).join("")}</select></label>
<label>Search <input name="search" value="${escape(search)}"></label> <button>Show</button></form>
<p>${link({ ...place, path: "" }, "/")} ${way} · ${link({ ...place, path }, "as tar", "/tar")} · ${link({ ...place, path }, "as zip", "/zip")}</p>
<table>${rows}</table>`;
}

function row(place: Query, entry: FileEntry): string {
  const query = { ...place, path: entry.path };
  const name = entry.kind === "folder" ? link(query, `${entry.name}/`) : entry.kind === "file" ? link(query, entry.name, "/file") : escape(`${entry.name}${entry.linkTarget === undefined ? ` (${entry.kind})` : ` → ${entry.linkTarget}`}`);
  return `<tr><td>${name}<td class="n">${entry.kind === "file" ? String(entry.sizeBytes) : ""}<td>${escape(entry.modifiedAt?.toISOString() ?? "")}`;
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
