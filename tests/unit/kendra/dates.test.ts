import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dateOf, textOf } from "../../../adapters/outbound/kendra/dates.ts";

const instant = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
const second = instant.map((date) => new Date(Math.floor(date.getTime() / 1_000) * 1_000));

describe("A date of Kendra as text", () => {
  it("names its instant again", () => {
    fc.assert(fc.property(instant, (date) => dateOf(textOf(date))?.getTime() === date.getTime()));
  });

  it("orders whole seconds as text just as in time", () => {
    const order = (one: string | number, other: string | number) => (one < other ? -1 : Number(one > other));
    fc.assert(
      fc.property(second, second, (one, other) => {
        expect(order(textOf(one), textOf(other))).toBe(order(one.getTime(), other.getTime()));
      }),
    );
  });

  it.each([
    "",
    "2024",
    "2024-5-1",
    "2024-02-30",
    "2024-13-01",
    "2024-05-01T25:00:00Z",
    "2024-05-01T10:30:00",
    "2024-05-01T10:30:00+02:00",
  ])("is not read from %j", (text) => expect(dateOf(text)).toBeUndefined());
});
