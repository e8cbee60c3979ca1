import { kendraOptions } from "../../adapters/outbound/kendra/options.ts";
import { createKendra } from "../../adapters/outbound/kendra/retrieval.ts";
import type { Metadata, MetadataValue } from "../../domain/document.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../support/aws-environment.ts";
import { SkippingClock } from "../support/skipping-clock.ts";
import type { WireAttributes, WireValue } from "../support/wires/kendra-attribute-filter.ts";
import { KENDRA_INDEX_ID, type KendraDocument, KendraWire } from "../support/wires/kendra-wire.ts";
import { describeRetrievalContract } from "./retrieval-contract.ts";
import type { ContractDocument } from "./retrieval-contract-documents.ts";

const SECRET = "wJalrXUtnFEMI-SECRET";

withAwsEnvironment({ ...LOOPBACK_KEYS, AWS_SECRET_ACCESS_KEY: SECRET });

describeRetrievalContract("KendraRetrieval", {
  open: async (documents) => {
    const wire = await KendraWire.start(documents.map(kendraDocument));
    const options = kendraOptions.parse({
      index_id: KENDRA_INDEX_ID,
      region: "us-east-1",
      endpoint: wire.endpoint,
      require_principal: true,
    });
    const { retrieval } = createKendra(options, new SkippingClock());
    const exception = (name: string, status: number) => () => wire.failNext({ kind: "exception", name, status });
    return {
      port: retrieval,
      stall: () => wire.stall(),
      provoke: {
        "rate-limited": () => {
          for (let attempt = 0; attempt < 4; attempt++) exception("ThrottlingException", 400)();
        },
        "vendor-auth": exception("AccessDeniedException", 400),
        "vendor-rejected": exception("ValidationException", 400),
        "vendor-unavailable": exception("InternalServerException", 500),
        "vendor-reply-invalid": () => wire.failNext({ kind: "body", status: 200, body: '{"ResultItems": [' }),
      },
      close: async () => {
        await retrieval.close();
        await wire.close();
      },
    };
  },
  principal: { userId: "suite", groups: [] },
  secrets: [SECRET, "AKIDEXAMPLE", "123456789012"],
  refused: {
    "eq of a fraction": "Kendra's numbers are integers",
    "eq of a boolean": "Kendra has no booleans",
    "range of fractions": "Kendra's numbers are integers",
    "range of texts": "Kendra orders numbers and dates only",
    exists: "Kendra cannot ask for a field's presence",
    "exists not": "Kendra cannot ask for a field's presence",
    "deep nesting": "Kendra takes two levels",
  },
  skip: {
    "embedder-mismatch": "Kendra embeds by itself",
    "retrieval-unavailable": "a failure of Kendra is vendor-unavailable",
    overloaded: "takes hundreds of searches at once: see kendra-quota.test.ts",
  },
});

/** Kendra keeps neither booleans nor fractions, and knows a date from a text. */
function kendraDocument({ id, text, title, uri, metadata = {}, readers }: ContractDocument): KendraDocument {
  return {
    id,
    text,
    attributes: attributesOf(metadata),
    ...(title === undefined ? {} : { title }),
    ...(uri === undefined ? {} : { uri }),
    ...(readers === undefined ? {} : { readers }),
  };
}

function attributesOf(metadata: Metadata): WireAttributes {
  const entries = Object.entries(metadata).flatMap(([key, value]) =>
    wireValueOf(key, value).map((wire) => [key, wire] as const),
  );
  return Object.fromEntries(entries);
}

function wireValueOf(key: string, value: MetadataValue): readonly WireValue[] {
  if (typeof value === "boolean") return [];
  if (typeof value === "number") return Number.isInteger(value) && key !== "rating" ? [{ LongValue: value }] : [];
  if (typeof value !== "string") return [{ StringListValue: value }];
  return [key === "published" ? { DateValue: Date.parse(value) / 1_000 } : { StringValue: value }];
}
