/** Tests of the request by operator and key; one of the values must hold. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** A statement of a policy of IAM. */
export interface Statement {
  /** Letters and digits, unlike the others' of its policy. */
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  /** Absent in a policy of a role, which is about the role. */
  readonly Principal?: "*" | { readonly Service: readonly string[] };
  readonly Action: readonly string[];
  /** Absent in a trust policy, which is about its role. */
  readonly Resource?: readonly string[];
  readonly Condition?: Conditions;
}

export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

export function policyDocument(statements: readonly Statement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

/** Allows the actions on the resources, in an order that does not change where a config's does; [] where there are none. */
export function allow(
  sid: string,
  actions: readonly string[],
  resources: readonly string[],
  conditions?: Conditions,
): readonly Statement[] {
  if (resources.length === 0) return [];
  const statement: Statement = { Sid: sid, Effect: "Allow", Action: actions, Resource: sorted(resources) };
  return [conditions === undefined ? statement : { ...statement, Condition: conditions }];
}

/** Each once. */
export function sorted(values: readonly string[]): readonly string[] {
  return [...new Set(values)].toSorted();
}
