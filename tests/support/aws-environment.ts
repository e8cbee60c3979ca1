import { afterAll, beforeAll } from "vitest";

/** Variables that the AWS SDK reads, as a file or a group of tests wants them; undefined for one that must not be set. */
export function withAwsEnvironment(variables: Readonly<Record<string, string | undefined>>): void {
  const wanted: Readonly<Record<string, string | undefined>> = { ...NOTHING_ELSE, ...variables };
  const before = new Map<string, string | undefined>();
  beforeAll(() => {
    for (const name of Object.keys(wanted)) before.set(name, process.env[name]);
    for (const [name, value] of Object.entries(wanted)) set(name, value);
  });
  afterAll(() => {
    for (const [name, value] of before) set(name, value);
  });
}

/** Keys of nobody's account. */
export const LOOPBACK_KEYS = { AWS_ACCESS_KEY_ID: "AKIALOOPBACKSECRET", AWS_SECRET_ACCESS_KEY: "loopback-secret-key" };

/** Keeps the SDK from the machine's own profiles, metadata service and endpoints. */
const NOTHING_ELSE = {
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_BEARER_TOKEN_BEDROCK: undefined,
  AWS_PROFILE: undefined,
  AWS_ENDPOINT_URL: undefined,
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: undefined,
  AWS_ENDPOINT_URL_S3: undefined,
  AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME: undefined,
  AWS_CONTAINER_CREDENTIALS_FULL_URI: undefined,
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: undefined,
  AWS_WEB_IDENTITY_TOKEN_FILE: undefined,
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
};

function set(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
