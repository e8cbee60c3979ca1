import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { MIGRATIONS } from "../../adapters/outbound/faiss/engine/schema.ts";
import { find, unending } from "../contract/corpus-contract-context.ts";
import { chunked } from "../support/chunked.ts";
import { openFaiss } from "../support/faiss.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("A record of an older format", () => {
  it.each(MIGRATIONS.slice(1).map((_, index) => index + 1))(
    "of format %i is opened and is used as a new one",
    async (format) => {
      const directory = await temporaryFolder();
      const record = new DatabaseSync(join(directory, "corpus.sqlite"));
      for (const step of MIGRATIONS.slice(0, format)) record.exec(step);
      record.exec(`PRAGMA user_version = ${format}`);
      record.close();
      const opened = openFaiss({ directory });
      onTestFinished(() => opened.close());
      expect((await opened.tuning.rankingInForce(unending())).source).toBe("default");
      await opened.corpus.put([chunked({ id: "boat", text: "A boat of old." })], unending());
      await opened.tuning.tune({ mode: "sparse", denseWeight: 0.3 }, unending());
      expect(await find(opened, "boat")).toHaveLength(1);
      expect((await opened.tuning.rankingInForce(unending())).source).toBe("tuned");
    },
  );
});
