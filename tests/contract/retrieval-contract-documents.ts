import type { Metadata, SourceDocument } from "../../domain/document.ts";
import type { Filter } from "../../domain/filter.ts";

/** A document of the contract; its text is short enough to be one passage. */
export type ContractDocument = SourceDocument;

/** Stands in every document of the contract. */
export const COMMON_WORD = "harbour";

/** Stand in no document of the contract. */
export const UNKNOWN_WORDS = "xylophone quizzical";

/** Words that stand in one document each, which has the same id. */
export const RARE_WORDS = ["albatross", "barnacle", "cormorant", "dolphin"] as const;

/** Text that a careless engine squeezes, trims or normalises. */
export const ODD_TEXT = " two  spaces,\ta tab,\n\na gap, “quotes” \u00a0and 🚢 ";

const THINGS = ["crane", "pier", "anchor", "buoy", "ferry", "gull", "lamp", "net", "rope", "tide", "wharf"] as const;
const MOODS = ["calm", "busy", "foggy", "old", "bright", "windy", "deep"] as const;
const LANGUAGES = ["en", "zh", "ja", "de"] as const;

/** More than 100 documents that everybody may read: numbered ones, one for each rare word, and `odd`. */
export const PUBLIC_DOCUMENTS: readonly ContractDocument[] = [
  ...Array.from({ length: 115 }, (_, index) => numbered(index)),
  ...RARE_WORDS.map((word, index) => rare(word, index)),
  { id: "odd", title: "Odd spaces", text: `Odd spaces in the harbour:${ODD_TEXT}end.`, metadata: { kind: "odd" } },
];

/** One document for the user ada, one for the group captains, one for both, one for a user named like the group. */
export const SECRET_DOCUMENTS: readonly ContractDocument[] = [
  secret("secret-ada", "The harbour gate opens for ada.", ["ada"], []),
  secret("secret-captains", "The harbour chart of all captains.", [], ["captains"]),
  secret("secret-both", "The harbour cellar holds a tontine.", ["ada"], ["captains"]),
  secret("secret-namesake", "The harbour letter to a user named captains.", ["captains"], []),
];

/** A word that stands in `secret-both` alone. */
export const SECRET_WORD = "tontine";

function secret(id: string, text: string, users: readonly string[], groups: readonly string[]): ContractDocument {
  return { id, text, metadata: { kind: "secret" }, readers: { users, groups } };
}

function numbered(index: number): ContractDocument {
  const [thing, mood] = [THINGS[index % THINGS.length], MOODS[index % MOODS.length]];
  return {
    id: `numbered-${index}`,
    title: `A ${thing}`,
    text: `The ${mood} harbour has a ${thing}. Visitor ${index} wrote about the ${thing} on a ${mood} day.`,
    uri: `https://harbour.example/${index}`,
    metadata: numberedMetadata(index),
  };
}

/** Every fifth document has no language, every seventh no date, so that a missing field is met. */
function numberedMetadata(index: number): Metadata {
  const day = String((index % 28) + 1).padStart(2, "0");
  return {
    kind: "numbered",
    year: 2000 + (index % 25),
    rating: (index % 10) / 4,
    draft: index % 3 === 0,
    tags: index % 2 === 0 ? ["even", `third-${index % 3}`] : [`third-${index % 3}`],
    ...(index % 5 === 0 ? {} : { language: LANGUAGES[index % LANGUAGES.length] ?? "en" }),
    ...(index % 7 === 0 ? {} : { published: index % 2 === 0 ? `2021-05-${day}` : `2021-05-${day}T10:30:00.000Z` }),
  };
}

function rare(word: string, index: number): ContractDocument {
  return {
    id: word,
    title: `The ${word}`,
    text: `One ${word} was seen in the harbour. The ${word} left.`,
    uri: `https://harbour.example/rare/${word}`,
    metadata: { kind: "rare", year: 1990 + index, tags: ["animal", word], published: `1999-12-0${index + 1}` },
  };
}

/** A filter, the name by which harnesses speak of it, and what a refusal must name. */
interface NamedFilter {
  readonly key: string;
  readonly filter: Filter;
  readonly names: readonly string[];
}

const GERMAN: Filter = { op: "eq", field: "language", value: "de" };
const EVEN: Filter = { op: "contains", field: "tags", value: "even" };
const RECENT: Filter = { op: "range", field: "year", gte: 2010 };

/** Every comparison on every type that it takes, and how they are joined; all but `nothing` have some matches, not all. */
export const FILTER_CASES = [
  { key: "eq of text", filter: GERMAN, names: ["language", "eq"] },
  { key: "eq of an integer", filter: { op: "eq", field: "year", value: 2010 }, names: ["year", "eq"] },
  { key: "eq of a fraction", filter: { op: "eq", field: "rating", value: 1.25 }, names: ["rating", "eq"] },
  { key: "eq of a boolean", filter: { op: "eq", field: "draft", value: true }, names: ["draft", "eq"] },
  { key: "eq of a date", filter: { op: "eq", field: "published", value: "2021-05-03" }, names: ["published", "eq"] },
  { key: "in texts", filter: { op: "in", field: "language", values: ["de", "ja"] }, names: ["language", "in"] },
  { key: "in integers", filter: { op: "in", field: "year", values: [2003, 2004] }, names: ["year", "in"] },
  { key: "in many", filter: { op: "in", field: "year", values: years(1990, 2012) }, names: ["year", "in"] },
  { key: "range of integers", filter: { op: "range", field: "year", gt: 2005, lte: 2010 }, names: ["year", "range"] },
  {
    key: "range of fractions",
    filter: { op: "range", field: "rating", gte: 0.5, lt: 1.5 },
    names: ["rating", "range"],
  },
  {
    key: "range of dates",
    filter: { op: "range", field: "published", gt: "2021-05-03", lte: "2021-05-09T10:30:00.000Z" },
    names: ["published", "range"],
  },
  {
    key: "range of texts",
    filter: { op: "range", field: "language", gte: "e", lt: "k" },
    names: ["language", "range"],
  },
  { key: "exists", filter: { op: "exists", field: "language", value: true }, names: ["language", "exists"] },
  { key: "exists not", filter: { op: "exists", field: "language", value: false }, names: ["language", "exists"] },
  { key: "contains", filter: EVEN, names: ["tags", "contains"] },
  { key: "not", filter: { op: "not", filter: GERMAN }, names: ["language"] },
  { key: "not of a list", filter: { op: "not", filter: EVEN }, names: ["tags"] },
  {
    key: "not of a range",
    filter: { op: "not", filter: { op: "range", field: "year", gte: 2005, lt: 2020 } },
    names: ["year"],
  },
  { key: "and", filter: { op: "and", filters: [GERMAN, EVEN, RECENT] }, names: [] },
  { key: "or", filter: { op: "or", filters: [GERMAN, RECENT] }, names: [] },
  { key: "or in and", filter: { op: "and", filters: [{ op: "or", filters: [GERMAN, EVEN] }, RECENT] }, names: [] },
  { key: "not of or", filter: { op: "not", filter: { op: "or", filters: [GERMAN, EVEN] } }, names: [] },
  {
    key: "deep nesting",
    filter: {
      op: "or",
      filters: [
        { op: "and", filters: [GERMAN, { op: "or", filters: [EVEN, { op: "not", filter: RECENT }] }] },
        rareKind(),
      ],
    },
    names: [],
  },
  { key: "a rare match", filter: rareKind(), names: ["kind"] },
  { key: "nothing", filter: { op: "eq", field: "kind", value: "lost" }, names: ["kind"] },
] as const satisfies readonly NamedFilter[];

export type FilterCase = (typeof FILTER_CASES)[number]["key"];

function years(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function rareKind(): Filter {
  return { op: "eq", field: "kind", value: "rare" };
}
