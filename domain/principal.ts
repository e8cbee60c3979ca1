/** On whose behalf a search runs. Comes only from a verified credential, from a header that the config trusts, or from the operator. */
export interface Principal {
  readonly userId: string;
  readonly groups: readonly string[];
}
