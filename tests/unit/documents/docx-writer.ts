import { crc32, deflateRawSync } from "node:zlib";

/** A file to put into an archive. */
export interface ZipFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** A ZIP archive; `claimedBytes` is what its directory says that each file unpacks to, where that is to be a lie. */
export function writeZip(files: readonly ZipFile[], claimedBytes?: number): Uint8Array {
  const records: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(claimedBytes ?? bytes.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), fields, Buffer.from(name), packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\u0001\u0002\u0014\0"), fields, place, Buffer.from(name)]));
    records.push(local);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006", "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...records, listed, end]);
}

const WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';

/** The files of a Word document with this body, in WordprocessingML, and these footnotes, numbered from 1. */
export function docxFiles(body: string, footnotes: readonly string[] = [], doctype = ""): ZipFile[] {
  const notes = footnotes.map((note, index) => `<w:footnote w:id="${index + 1}">${paragraph(note)}</w:footnote>`);
  const type = (name: string) => `application/vnd.openxmlformats-officedocument.wordprocessingml.${name}+xml`;
  return [
    {
      name: "[Content_Types].xml",
      content: `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="${type("document.main")}"/></Types>`,
    },
    {
      name: "_rels/.rels",
      content: `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="r1" Type="${RELATIONSHIPS}/officeDocument" Target="word/document.xml"/></Relationships>`,
    },
    {
      name: "word/_rels/document.xml.rels",
      content: `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="r1" Type="${RELATIONSHIPS}/styles" Target="styles.xml"/><Relationship Id="r2" Type="${RELATIONSHIPS}/numbering" Target="numbering.xml"/><Relationship Id="r3" Type="${RELATIONSHIPS}/footnotes" Target="footnotes.xml"/></Relationships>`,
    },
    { name: "word/styles.xml", content: `${HEAD}<w:styles xmlns:w="${WORD}">${STYLES}</w:styles>` },
    { name: "word/numbering.xml", content: `${HEAD}<w:numbering xmlns:w="${WORD}">${NUMBERING}</w:numbering>` },
    { name: "word/footnotes.xml", content: `${HEAD}<w:footnotes xmlns:w="${WORD}">${notes.join("")}</w:footnotes>` },
    {
      name: "word/document.xml",
      content: `${HEAD}${doctype}<w:document xmlns:w="${WORD}" xmlns:r="${RELATIONSHIPS}"><w:body>${body}</w:body></w:document>`,
    },
  ];
}

const STYLES = ["Title", "Heading 1", "Heading 2", "List Paragraph"]
  .map(
    (name) =>
      `<w:style w:type="paragraph" w:styleId="${name.replaceAll(" ", "")}"><w:name w:val="${name.toLowerCase().replace("title", "Title").replace("list paragraph", "List Paragraph")}"/></w:style>`,
  )
  .join("");
const LEVELS = [0, 1].map((level) => `<w:lvl w:ilvl="${level}"><w:numFmt w:val="bullet"/></w:lvl>`).join("");
const NUMBERING = `<w:abstractNum w:abstractNumId="0">${LEVELS}</w:abstractNum><w:abstractNum w:abstractNumId="1">${LEVELS.replaceAll("bullet", "decimal")}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>`;

/** What a paragraph may be besides text. */
export interface ParagraphMarks {
  /** `Title`, `Heading1`, `Heading2`. */
  readonly style?: string;
  /** An item of a list at this level, from 0. */
  readonly level?: number;
  readonly isNumbered?: boolean;
  /** A reference to this footnote stands behind the text. */
  readonly footnote?: number;
}

/** A paragraph in WordprocessingML. */
export function paragraph(text: string, { style, level, isNumbered, footnote }: ParagraphMarks = {}): string {
  const marks = [
    style === undefined ? "" : `<w:pStyle w:val="${style}"/>`,
    level === undefined ? "" : `<w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="${isNumbered ? 2 : 1}"/></w:numPr>`,
  ];
  const reference = footnote === undefined ? "" : `<w:r><w:footnoteReference w:id="${footnote}"/></w:r>`;
  return `<w:p><w:pPr>${marks.join("")}</w:pPr><w:r><w:t xml:space="preserve">${text}</w:t></w:r>${reference}</w:p>`;
}

/** A table in WordprocessingML, its cells in WordprocessingML too. */
export function table(rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]) => row.map((cell) => `<w:tc>${cell}</w:tc>`).join("");
  return `<w:tbl>${rows.map((row) => `<w:tr>${cells(row)}</w:tr>`).join("")}</w:tbl>`;
}

/** A Word document with this body. */
export function writeDocx(body: string, footnotes: readonly string[] = []): Uint8Array {
  return writeZip(docxFiles(body, footnotes));
}
