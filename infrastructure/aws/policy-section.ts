import { SNAPSHOT_PREFIX } from "./container-environment.ts";
import { loadDeployedConfig, needsOf } from "./model-needs.ts";
import { executionPolicy, taskPolicy, trustPolicy } from "./policies.ts";
import type { PolicyDocument } from "./policy-document.ts";

const BEGIN = "<!-- policies -->";
const END = "<!-- /policies -->";

const CAPTIONS = {
  en: {
    trust: "Who may take each of the two roles:",
    execution: "What `pharos-execution` may do; where there are secrets, also `secretsmanager:GetSecretValue` on each:",
    task: "What `pharos-task` may do in `us-east-1`, without a variable for OpenAI or Kendra:",
  },
  zh: {
    trust: "谁可以担任这两个角色：",
    execution: "`pharos-execution` 可以做什么；有密文时，还有对每个密文的 `secretsmanager:GetSecretValue`：",
    task: "在 `us-east-1`、没有 OpenAI 和 Kendra 的变量时，`pharos-task` 可以做什么：",
  },
} as const;

/**
 * The page with the policies of this config between its marks, in the page's language.
 * @throws Error where the page has no marks
 */
export async function withPolicies(page: string, language: keyof typeof CAPTIONS, configFile: string): Promise<string> {
  const [before, rest] = page.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) throw new Error(`The page has no ${BEGIN} and ${END}.`);
  return `${before}${BEGIN}\n\n${await policySection(language, configFile)}\n${END}${after}`;
}

async function policySection(language: keyof typeof CAPTIONS, configFile: string): Promise<string> {
  const region = "us-east-1";
  const accountId = "123456789012";
  const config = await loadDeployedConfig({ configFile, region, environment: {}, secretVariables: [] });
  const needs = needsOf(config, region);
  const { trust, execution, task } = CAPTIONS[language];
  const blocks: readonly (readonly [string, PolicyDocument])[] = [
    [trust, trustPolicy({ region, accountId })],
    [
      execution,
      executionPolicy({
        region,
        repositoryArn: `arn:aws:ecr:${region}:${accountId}:repository/pharos`,
        logGroupArn: `arn:aws:logs:${region}:${accountId}:log-group:/pharos/pharos`,
        secretArns: [],
      }),
    ],
    [
      task,
      taskPolicy({
        ...{ accountId, needs, profileModels: {} },
        snapshots: { bucketArn: "arn:aws:s3:::pharos-index-1a2b3c4", prefix: SNAPSHOT_PREFIX },
      }),
    ],
  ];
  return blocks.map(([caption, document]) => `${caption}\n\n\`\`\`json\n${textOf(document)}\n\`\`\`\n`).join("\n");
}

/** A list of one stands in its line. */
function textOf(document: PolicyDocument): string {
  return JSON.stringify(document, null, 2).replaceAll(/\[\s+("[^"]*")\s+\]/gu, "[$1]");
}
