/** Where objects are. */
export interface S3Location {
  readonly bucket: string;
  /** Begins every key; "" for none, else without a slash at its ends. */
  readonly prefix: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, and prefixes that need no escape. */
const URL_FORM =
  /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?<prefix>[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*))?\/?$/u;

/** The bucket and the prefix of `s3://bucket/prefix`; undefined where the text is none. */
export function s3Location(url: string): S3Location | undefined {
  const { bucket, prefix = "" } = URL_FORM.exec(url)?.groups ?? {};
  return bucket === undefined ? undefined : { bucket, prefix };
}
