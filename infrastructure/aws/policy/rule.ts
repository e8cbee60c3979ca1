/** A resource as a program declares it. */
export interface DeclaredResource {
  /** Such as `aws:s3/bucket:Bucket`. */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** URNs of the resources that its properties come from. */
  readonly dependencies: readonly string[];
  /** Whether the real thing stays when the resource goes; undefined where that is not told, as Pulumi tells no policy. */
  readonly retainOnDelete?: boolean | undefined;
}

/** What each resource must keep by itself. */
export interface ResourceRule {
  /** Unique in the pack. */
  readonly name: string;
  readonly description: string;
  /** The types of Pulumi that it is about. */
  readonly types: readonly string[];
  /** What is wrong with a resource of these types, a sentence each; [] where nothing is. */
  problems(resource: DeclaredResource): readonly string[];
}

/** What the resources of a stack must keep together. */
export interface StackRule {
  readonly name: string;
  readonly description: string;
  problems(resources: readonly DeclaredResource[]): readonly StackProblem[];
}

export interface StackProblem {
  readonly urn: string;
  readonly message: string;
}
