/** Packs with their bytes. JSON. */
export interface PackAmount {
  readonly packs: number;
  readonly bytes: number;
}
