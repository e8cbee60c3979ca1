import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitModel } from "../../../adapters/outbound/lsa/fit.ts";
import { LsaModel } from "../../../adapters/outbound/lsa/model.ts";
import { ServiceError } from "../../../domain/errors.ts";

const OPTIONS = { dimensions: 256, maxTerms: 65_536 };

const TEXTS = [
  "The physician examined the patient in the hospital",
  "A doctor and a nurse work in the hospital",
  "The patient thanked the physician and the nurse",
  "The engine of the car needs oil and fuel",
  "The automobile has a petrol engine",
  "Fuel prices rise for every car and automobile",
];

const similarity = (left: Float32Array, right: Float32Array): number =>
  left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);

const lengthOf = (vector: Float32Array): number => Math.sqrt(similarity(vector, vector));

describe("fitModel", () => {
  it("brings texts together that share no word but a subject", () => {
    const model = fitModel(TEXTS, { ...OPTIONS, dimensions: 2 });
    const [doctor, physician, car] = ["doctor", "physician", "automobile"].map((text) => model.embed(text)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    expect(similarity(doctor, physician)).toBeGreaterThan(0.8);
    expect(similarity(doctor, car)).toBeLessThan(0.3);
  });

  it("finds a text of its sample by its own words", () => {
    const model = fitModel(TEXTS, OPTIONS);
    const vectors = TEXTS.map((text) => model.embed(text));
    for (const [index, text] of TEXTS.entries()) {
      const scores = vectors.map((vector) => similarity(vector, model.embed(text)));
      expect(scores.indexOf(Math.max(...scores))).toBe(index);
    }
  });

  it("learns from Chinese and Japanese", () => {
    const model = fitModel(["索引保存在数据库里", "数据库在崩溃后恢复", "灯塔在岛上", "灯台は島にあります"], OPTIONS);
    const [query, first, third] = ["数据库崩溃", "数据库在崩溃后恢复", "灯塔在岛上"].map((text) =>
      model.embed(text),
    ) as [Float32Array, Float32Array, Float32Array];
    expect(similarity(query, first)).toBeGreaterThan(similarity(query, third));
  });

  it("has as many dimensions as were asked for where the sample has the rank, else fewer", () => {
    const many = Array.from({ length: 60 }, (_, index) => `word${index} word${index + 1} word${index + 2}`);
    expect(fitModel(many, { ...OPTIONS, dimensions: 16 }).dimensions).toBe(16);
    expect(fitModel(TEXTS, OPTIONS).dimensions).toBe(TEXTS.length);
    expect(fitModel(["one text", "one text"], OPTIONS).dimensions).toBe(1);
  });

  it("gives one dimension of zeros where the sample has no word", () => {
    const model = fitModel(["the of and", "…"], OPTIONS);
    expect(model.dimensions).toBe(1);
    expect([...model.embed("anything")]).toEqual([0]);
  });

  it("gives the same bytes for the same sample", () => {
    expect(fitModel(TEXTS, OPTIONS).toBytes()).toEqual(fitModel([...TEXTS], OPTIONS).toBytes());
  });

  it("knows no more terms than it may, those of the most texts first", () => {
    const model = fitModel([...TEXTS, "hospital", "hospital"], { ...OPTIONS, maxTerms: 1 });
    expect(lengthOf(model.embed("hospital"))).toBeCloseTo(1, 5);
    expect(lengthOf(model.embed("engine"))).toBe(0);
  });

  it("folds in texts that it has not seen: unit length, zeros only where it knows no term", () => {
    const model = fitModel(TEXTS, OPTIONS);
    const word = fc.constantFrom("hospital", "fuel", "unheard", "the", "engine", "医院");
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const known = words.some((each) => ["hospital", "fuel", "engine"].includes(each));
        expect(lengthOf(model.embed(words.join(" ")))).toBeCloseTo(known ? 1 : 0, 5);
      }),
    );
  });

  it("takes any texts", () => {
    const text = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), (texts) => {
        const model = fitModel(texts, OPTIONS);
        for (const each of texts) expect(model.embed(each).every(Number.isFinite)).toBe(true);
        expect(model.dimensions).toBeLessThanOrEqual(texts.length);
      }),
      { numRuns: 50 },
    );
  });
});

describe("LsaModel", () => {
  const bytes = fitModel(TEXTS, OPTIONS).toBytes();

  it("embeds after its bytes were read as it did before", () => {
    const model = fitModel(TEXTS, OPTIONS);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const read = LsaModel.parse(shifted.subarray(3));
    expect(read.dimensions).toBe(model.dimensions);
    for (const text of [...TEXTS, "a nurse with fuel", "unheard"]) expect(read.embed(text)).toEqual(model.embed(text));
    expect(read.toBytes()).toEqual(bytes);
  });

  it("refuses bytes that are cut, damaged, of another version or no model at all", () => {
    const changed = (position: number) => bytes.map((byte, index) => (index === position ? byte ^ 1 : byte));
    const bad = [
      new Uint8Array(),
      bytes.subarray(0, 31),
      bytes.subarray(0, -1),
      new Uint8Array([...bytes, 0]),
      changed(0),
      changed(4),
      changed(8),
      changed(12),
      changed(40),
      changed(bytes.length - 1),
    ];
    for (const each of bad) {
      expect(() => LsaModel.parse(each)).toThrow(expect.objectContaining({ code: "storage-failed" }));
      expect(() => LsaModel.parse(each)).toThrow(ServiceError);
    }
  });
});
