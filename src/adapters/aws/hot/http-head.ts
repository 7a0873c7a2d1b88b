/** An answer's status and headers. */
export interface HttpHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads an answer's head (RFC 9112, section 4), without its empty last line. `undefined` where it is none. */
export function parseHead(text: string): HttpHead | undefined {
  const lines = text.split("\r\n");
  const status = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(lines[0] ?? "")?.[1];
  if (status === undefined) return undefined;
  const headers: Record<string, string> = {};
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(":");
    if (colon <= 0) return undefined;
    const name = line.slice(0, colon).toLowerCase();
    // Two lengths that differ leave open where the answer ends: that is how answers are smuggled.
    if (name === "content-length" && headers[name] !== undefined) return undefined;
    headers[name] = line.slice(colon + 1).trim();
  }
  return { status: Number(status), headers };
}

/** How long the body is; `undefined` where the head does not say it in a number. */
export function bodyLength({ status, headers }: HttpHead): number | undefined {
  if (status === 204 || status === 304) return 0;
  if (headers["transfer-encoding"] !== undefined) return undefined;
  const length = headers["content-length"];
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}
