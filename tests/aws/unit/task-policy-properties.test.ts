import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InvokedModel } from "../../../infrastructure/aws/model-needs.ts";
import { taskPolicy } from "../../../infrastructure/aws/policies.ts";
import { NO_NEEDS } from "../support/no-needs.ts";

function policyOf(bedrockModels: readonly InvokedModel[]) {
  return taskPolicy({ accountId: "123456789012", needs: { ...NO_NEEDS, bedrockModels }, profileModels: {} });
}

const modelName = fc.stringMatching(/^[a-z]{3,8}\.[a-z0-9-]{1,12}-v1:0$/u);
const region = fc.constantFrom("us-east-1", "eu-central-1", "eu-west-2", "ap-southeast-3");
const prefix = fc.constantFrom("", "us.", "eu.", "apac.", "jp.", "au.", "ca.", "global.");
const uses: fc.Arbitrary<readonly InvokedModel[]> = fc.array(
  fc.record({ id: fc.tuple(prefix, modelName).map(([one, other]) => `${one}${other}`), region, answers: fc.boolean() }),
  { maxLength: 8 },
);

describe("the task policy of any models", () => {
  const resources = (models: readonly InvokedModel[]) =>
    policyOf(models).Statement.flatMap(({ Resource = [] }) => Resource);

  it("has no wildcard, no statement twice, and no resource without a region but behind a global profile", () => {
    fc.assert(
      fc.property(uses, (models) => {
        const { Statement } = policyOf(models);
        const sids = Statement.map(({ Sid }) => Sid);
        expect(sids).toEqual([...new Set(sids)]);
        for (const { Action, Resource = [], Condition, Sid } of Statement) {
          expect(Resource).not.toEqual([]);
          expect(JSON.stringify([Action, Resource])).not.toMatch(/[*?]/u);
          if (Resource.some((arn) => arn.startsWith("arn:aws:bedrock:::")))
            expect(Condition?.StringEquals?.["aws:RequestedRegion"], Sid).toEqual(["unspecified"]);
        }
      }),
    );
  });

  it("lets a model that stands behind a profile be asked in no other way", () => {
    fc.assert(
      fc.property(uses, (models) => {
        const direct = models.filter(({ id }) => !/^(?:global|apac|[a-z]{2})\./u.test(id));
        const free = policyOf(models)
          .Statement.filter(({ Condition }) => Condition === undefined)
          .flatMap(({ Resource = [] }) => Resource.filter((arn) => arn.includes("foundation-model")));
        const expected = direct.map(({ id, region }) => `arn:aws:bedrock:${region}::foundation-model/${id}`);
        expect(new Set(free)).toEqual(new Set(expected));
      }),
    );
  });

  it("is the same in whatever order the config has them, and however often", () => {
    fc.assert(
      fc.property(uses, fc.infiniteStream(fc.nat()), (models, order) => {
        const shuffled = [...models, ...models]
          .map((model) => [order.next().value, model] as const)
          .toSorted(([one], [other]) => one - other)
          .map(([, model]) => model);
        expect(policyOf(shuffled)).toEqual(policyOf(models));
      }),
    );
  });

  it("grows with the models: another one takes nothing away", () => {
    fc.assert(
      fc.property(uses, uses, (some, more) => {
        expect(resources([...some, ...more])).toEqual(expect.arrayContaining(resources(some)));
      }),
    );
  });
});
