import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseHTML } from "linkedom";

/**
 * Makes a judged collection out of HTML pages: `node known-items.ts FOLDER OUT`. Each section without its heading is a
 * document, and its heading, where no other section has it, the query that this document answers.
 */

const MIN_SECTION_LENGTH = 200;
const MIN_HEADING_LENGTH = 4;
const MAX_HEADING_LENGTH = 120;
/** `4.2.1.`, `Chapter 3.`, `第 3 章` and the like in front of a heading. */
const NUMBER = /^(?:\p{L}+\s)?(?:\p{L}\.)?\d+(?:\.\d+)*\.?\s*章?\s*/u;

const [folder = ".", out = "."] = process.argv.slice(2);
const sections: { heading: string; text: string }[] = [];
for (const page of globSync("**/*.html", { cwd: folder }).sort()) {
  const { document } = parseHTML(readFileSync(join(folder, page), "utf8"));
  for (const element of document.querySelectorAll("script, style, head")) element.remove();
  let heading = "";
  let text = "";
  const walk = (node: Node): void => {
    if (/^H[1-6]$/u.test(node.nodeName)) {
      sections.push({ heading, text });
      heading = (node.textContent ?? "").replaceAll(/\s+/gu, " ").trim().replace(NUMBER, "");
      text = "";
    } else if (node.nodeType === 3) text += node.textContent ?? "";
    else for (const child of node.childNodes) walk(child);
    if (/^(?:P|DIV|LI|PRE|T[DR]|D[DT])$/u.test(node.nodeName)) text += "\n";
  };
  walk(document as unknown as Node);
  sections.push({ heading, text });
}

const documents = sections.flatMap(({ heading, text }) => {
  const plain = text
    .replaceAll(/[^\S\n]+/gu, " ")
    .replaceAll(/\s*\n\s*/gu, "\n")
    .trim();
  return heading === "" || plain.length <= MIN_SECTION_LENGTH ? [] : [{ heading, text: plain }];
});
const byHeading = Map.groupBy(documents.entries(), ([, { heading }]) => heading);
const queries = [...byHeading].flatMap(([heading, found]) => {
  const fits = heading.length >= MIN_HEADING_LENGTH && heading.length < MAX_HEADING_LENGTH;
  const number = found[0]?.[0];
  return found.length === 1 && fits && number !== undefined ? [{ heading, number }] : [];
});

const jsonl = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
mkdirSync(out, { recursive: true });
writeFileSync(join(out, "corpus.jsonl"), jsonl(documents.map(({ text }, number) => ({ _id: `d${number}`, text }))));
writeFileSync(
  join(out, "queries.jsonl"),
  jsonl(queries.map(({ heading }, index) => ({ _id: `q${index}`, text: heading }))),
);
writeFileSync(join(out, "qrels.tsv"), queries.map(({ number }, index) => `q${index}\td${number}\t1\n`).join(""));
process.stdout.write(`${documents.length} documents, ${queries.length} queries\n`);
