/** Where the engine's log lines go: nowhere by default. Any logger with these four methods fits (pino, winston, console). */
export interface Logger {
  /** What helps to find a mistake. */
  debug(message: string, facts?: Readonly<Record<string, unknown>>): void;
  /** What went as it should. */
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  /** What somebody should look at, and nobody must. */
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
  /** What failed and is raised to nobody. */
  error(message: string, facts?: Readonly<Record<string, unknown>>): void;
}
