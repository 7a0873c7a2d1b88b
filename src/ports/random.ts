/** The only way the engine gets random bytes outside of encryption, so that tests can repeat a run. */
export interface Random {
  /** Bytes that nobody can guess: keys and names are made of them. */
  bytes(count: number): Buffer;
  /** A number from 0 (included) to 1 (excluded). */
  fraction(): number;
}
