import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import type { Language } from "./retrieval/tables.ts";

const DOCS: Readonly<Record<Language, URL>> = {
  en: new URL("../../docs/performance.md", import.meta.url),
  zh: new URL("../../docs/zh/performance.md", import.meta.url),
};

/** The day and the machine, in a sentence. */
export function describeMachine(language: Language): string {
  const load = loadavg()[0]?.toFixed(1);
  const processor = `${availableParallelism()} x ${cpus()[0]?.model.trim()}`;
  const memory = `${Math.round(totalmem() / 1e9)} GB`;
  const day = new Date().toISOString().slice(0, 10);
  return language === "en"
    ? `${day}, ${processor}, ${memory}, Node ${process.versions.node}, load average ${load} at the start.`
    : `${day}，${processor}，${memory}，Node ${process.versions.node}，开始时平均负载 ${load}。`;
}

/** Puts a text into the pages on performance, between the marks of this name. @throws Error where a page has no such marks */
export function writeTables(name: string, texts: Readonly<Record<Language, string>>): void {
  for (const language of ["en", "zh"] as const) writeInto(DOCS[language], name, texts[language]);
}

function writeInto(file: URL, name: string, text: string): void {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const before = readFileSync(file, "utf8");
  const [from, to] = [before.indexOf(start), before.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file.pathname} has no place for ${name}.`);
  writeFileSync(file, `${before.slice(0, from + start.length)}\n\n${text}\n\n${before.slice(to)}`);
}
