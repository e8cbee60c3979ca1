/**
 * Who may import whom: docs/architecture.md. Every room has an allowlist, so that what nobody thought of is a violation.
 * tests/architecture/boundaries.test.ts plants violations of each rule.
 */

/** What a folder of adapters/ may import from npm; a folder that is not here only zod. */
const PACKAGES = {
  "inbound/cli": ["cli-progress", "commander"],
  "inbound/http": ["hono", "zod"],
  "outbound/bedrock": [
    "@aws-sdk/client-bedrock-agent-runtime",
    "@aws-sdk/client-bedrock-runtime",
    "@smithy/node-http-handler",
    "zod",
  ],
  "outbound/documents": ["@mozilla/readability", "csv-parse", "linkedom", "mammoth", "unpdf", "yaml", "zod"],
  "outbound/faiss": ["faiss-node", "zod"],
  "outbound/kendra": ["@aws-sdk/client-kendra", "zod"],
  "outbound/openai": ["openai", "undici", "zod"],
  "outbound/s3": ["@aws-sdk/client-s3", "@smithy/node-http-handler", "zod"],
  "outbound/tokenizer": ["gpt-tokenizer"],
  "outbound/transformers": ["@huggingface/transformers", "zod"],
};

const npm = (names) => `(^|/)node_modules/(${names.join("|")})/`;
const forbid = (name, from, to) => ({ name, severity: "error", from, to });

/** An adapter's folder imports itself, the rooms below it and its packages; outbound also the runtime's own modules, inbound what the ways in share. */
const adapter = ([folder, names]) =>
  forbid(
    `adapters/${folder}`,
    { path: `^adapters/${folder}/` },
    folder.startsWith("inbound/")
      ? { pathNot: [`^adapters/${folder}/`, "^adapters/inbound/[^/]+$", "^(application|domain)/", npm(names)] }
      : { pathNot: [`^adapters/${folder}/`, "^domain/", npm(names)], dependencyTypesNot: ["core"] },
  );

export default {
  forbidden: [
    forbid("domain", { path: "^domain/" }, { pathNot: "^domain/" }),
    forbid("application", { path: "^application/" }, { pathNot: "^(application|domain)/" }),
    ...Object.entries(PACKAGES).map(adapter),
    forbid(
      "adapters/others",
      { path: "^adapters/([^/]+/?[^/]*)", pathNot: `^adapters/(${Object.keys(PACKAGES).join("|")})/` },
      { pathNot: ["^adapters/$1/", "^domain/", npm(["zod"])], dependencyTypesNot: ["core"] },
    ),
    forbid(
      "only-entry-points-import-infrastructure",
      { pathNot: "^(infrastructure|bin|scripts|tests)/" },
      { path: "^infrastructure/" },
    ),
    // The deployment's libraries are for development: the service has to do without them.
    forbid(
      "only-scripts-and-tests-import-the-deployment",
      { pathNot: "^(infrastructure/aws|scripts|tests)/" },
      { path: "^infrastructure/aws/" },
    ),
    forbid("only-tests-import-tests", { pathNot: "^tests/" }, { path: "^tests/" }),
    forbid("no-cycles", {}, { circular: true }),
    // What the checker does not find it does not check.
    forbid("everything-is-found", {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
