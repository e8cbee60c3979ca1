import { classAt, LETTER, MARK, NUMBER, widthOf } from "./character-class.ts";

const WORD = LETTER | MARK | NUMBER;
const SIGNS = ["++", "#"];
const FNV_PRIME = 0x01000193;

const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39;
const isEnglishLetter = (unit: number): boolean => (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a;

/**
 * Finds the tokens of a text from the left: `c++` and `c#`; words and numbers with their inner connectors
 * (`state-of-the-art`, `snake_case`, `main.ts`), and with commas between digits (`1,000`).
 */
export class TokenScanner {
  /** Of the token found last. */
  start = 0;
  end = 0;
  /** The same for the same token, seldom for another one. */
  hash = 0;
  /** All bits that any of its characters has; see character-class.ts. */
  classes = 0;
  private text = "";
  private limit = 0;

  /** Begins with the stretch from `start` to `limit`, as if there were nothing around it. */
  scan(text: string, start: number, limit: number): void {
    this.text = text;
    this.end = start;
    this.limit = limit;
  }

  /** Moves on to the next token; false where there is none. */
  next(): boolean {
    const { text, limit } = this;
    let position = this.end;
    while (position < limit) {
      const bits = classAt(text, position, limit);
      if ((bits & WORD) !== 0) break;
      position += widthOf(bits);
    }
    this.start = position;
    if (position === limit) return false;
    this.readWord(position);
    if (this.end === position + 1) this.end += this.signsAfter(position);
    return true;
  }

  /** Reads characters of words, and connectors between two of them. */
  private readWord(start: number): void {
    const { text, limit } = this;
    let end = start;
    let hash = 0;
    let classes = 0;
    for (let position = start; position < limit; ) {
      const bits = classAt(text, position, limit);
      if ((bits & WORD) !== 0) {
        hash = Math.imul(hash ^ text.charCodeAt(position), FNV_PRIME);
        classes |= bits;
        position += widthOf(bits);
        end = position;
      } else if (end === position && this.isConnector(position)) {
        position += 1;
      } else {
        break;
      }
    }
    this.end = end;
    this.hash = hash;
    this.classes = classes;
  }

  /** `'`, `’`, `.`, `_`, `-`, the two hyphens of Unicode, and a comma between digits. */
  private isConnector(position: number): boolean {
    switch (this.text.charCodeAt(position)) {
      case 0x27:
      case 0x2e:
      case 0x5f:
      case 0x2d:
      case 0x2019:
      case 0x2010:
      case 0x2011:
        return true;
      case 0x2c:
        return isDigit(this.text.charCodeAt(position - 1)) && isDigit(this.text.charCodeAt(position + 1));
      default:
        return false;
    }
  }

  /** The length of `++` or `#` after the letter at `position`, where nothing follows that would make it part of a word. */
  private signsAfter(position: number): number {
    const { text, limit } = this;
    const signs = SIGNS.find((each) => text.startsWith(each, position + 1));
    if (signs === undefined || !isEnglishLetter(text.charCodeAt(position))) return 0;
    const end = position + 1 + signs.length;
    const isPartOfWord = end < limit && (classAt(text, end, limit) & (LETTER | NUMBER)) !== 0;
    return end > limit || isPartOfWord ? 0 : signs.length;
  }
}
