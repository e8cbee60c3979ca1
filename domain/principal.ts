/** On whose behalf a search runs. Comes only from a verified credential or from a header that the config trusts. */
export interface Principal {
  readonly userId: string;
  readonly groups: readonly string[];
}
