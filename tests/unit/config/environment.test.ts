import { describe, expect, it } from "vitest";
import { readEnvironment } from "../../../infrastructure/config/environment.ts";

describe("readEnvironment", () => {
  it("finds the shipped config and a data folder without any variable", () => {
    const { configFile, dataDirectory } = readEnvironment();
    expect(configFile.endsWith("pharos.yaml")).toBe(true);
    expect(dataDirectory).not.toBe("");
  });
});
