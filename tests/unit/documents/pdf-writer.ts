/** What a PDF is to hold. */
export interface PdfContent {
  /** Lines of each page; an empty line leaves a gap. */
  readonly pages: readonly (readonly string[])[];
  readonly title?: string;
  /** Whether a password is needed to read it. */
  readonly isEncrypted?: boolean;
}

const LINE_HEIGHT = 14;
const TOP = 760;

/** A PDF of plain lines; text beyond ASCII is set in a font of two-byte codes with a map back to Unicode, as in real Chinese PDFs. */
export function writePdf({ pages, title, isEncrypted = false }: PdfContent): Uint8Array {
  const isUnicode = pages.flat().some((line) => /[^\0-\x7f]/u.test(line));
  const contentOf = (lines: readonly string[]) => stream(pageContent(lines, isUnicode ? unicodeText : asciiText));
  const fontObjects = isUnicode
    ? unicodeFont(4, pages.flat().join(""))
    : [dictionary("/Type /Font /Subtype /Type1 /BaseFont /Helvetica")];
  const firstPage = 4 + fontObjects.length;
  const pageNumbers = pages.map((_, index) => firstPage + 2 * index);
  const objects = [
    dictionary("/Type /Catalog /Pages 2 0 R"),
    dictionary(`/Type /Pages /Count ${pages.length} /Kids [${pageNumbers.map((number) => `${number} 0 R`).join(" ")}]`),
    dictionary(title === undefined ? "" : `/Title ${asciiText(title)}`),
    ...fontObjects,
    ...pages.flatMap((lines, index) => [
      dictionary(
        `/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F 4 0 R >> >> /Contents ${firstPage + 2 * index + 1} 0 R`,
      ),
      contentOf(lines),
    ]),
  ];
  return assembled(objects, isEncrypted);
}

function assembled(objects: readonly string[], isEncrypted: boolean): Uint8Array {
  let file = "%PDF-1.7\n";
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const key = `<${"5a".repeat(32)}>`;
  const encryption = `/Encrypt << /Filter /Standard /V 1 /R 2 /O ${key} /U ${key} /P -4 >> /ID [<00> <00>]`;
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const trailer = dictionary(`/Size ${objects.length + 1} /Root 1 0 R /Info 3 0 R ${isEncrypted ? encryption : ""}`);
  const start = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n${trailer}\nstartxref\n${start}\n%%EOF\n`;
  return new TextEncoder().encode(file);
}

function pageContent(lines: readonly string[], textOf: (line: string) => string): string {
  const shown = lines.map((line, index) =>
    line === "" ? "" : `BT /F 11 Tf 1 0 0 1 50 ${TOP - index * LINE_HEIGHT} Tm ${textOf(line)} Tj ET\n`,
  );
  return shown.join("");
}

function unicodeFont(number: number, text: string): string[] {
  const codes = [...new Set(Array.from({ length: text.length }, (_, index) => text.slice(index, index + 1)))];
  const mappings = codes.map((code) => `${unicodeText(code)} ${unicodeText(code)}`).join("\n");
  const map = `/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CMapName /U def /CMapType 2 def 1 begincodespacerange <0000> <ffff> endcodespacerange
${codes.length} beginbfchar\n${mappings}\nendbfchar endcmap end end`;
  return [
    dictionary(
      `/Type /Font /Subtype /Type0 /BaseFont /Song /Encoding /Identity-H /DescendantFonts [${number + 1} 0 R] /ToUnicode ${number + 3} 0 R`,
    ),
    dictionary(
      `/Type /Font /Subtype /CIDFontType2 /BaseFont /Song /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 1000 /FontDescriptor ${number + 2} 0 R`,
    ),
    dictionary(
      "/Type /FontDescriptor /FontName /Song /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80",
    ),
    stream(map),
  ];
}

function asciiText(text: string): string {
  return `(${text.replaceAll(/[\\()]/gu, "\\$&")})`;
}

function unicodeText(text: string): string {
  const codes = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index).toString(16).padStart(4, "0"));
  return `<${codes.join("")}>`;
}

function dictionary(entries: string): string {
  return `<< ${entries} >>`;
}

function stream(content: string): string {
  return `<< /Length ${content.length} >>\nstream\n${content}\nendstream`;
}
