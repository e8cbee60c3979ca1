/**
 * The record of a corpus. Numbers are never given twice, so a higher one was committed later.
 * Text that users gave stands as JSON: SQLite's text keeps neither lone surrogates nor, under Deno, what follows a NUL.
 */
const FIRST_FORMAT = `
CREATE TABLE corpus (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  -- Grows when documents change.
  generation INTEGER NOT NULL,
  -- Grows when anything changes that an engine holds in memory.
  revision INTEGER NOT NULL,
  analyzer_version INTEGER NOT NULL,
  active_space INTEGER,
  -- Removals up to this generation are not listed any more.
  forgotten INTEGER NOT NULL
) STRICT;
INSERT INTO corpus VALUES (1, 0, 0, 0, NULL, 0);

CREATE TABLE documents (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL,
  generation INTEGER NOT NULL,
  head TEXT NOT NULL,
  metadata TEXT,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX documents_by_generation ON documents (generation);

CREATE TABLE passages (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  document INTEGER NOT NULL,
  position INTEGER NOT NULL,
  id TEXT NOT NULL,
  search_hash TEXT NOT NULL,
  terms BLOB NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX passages_by_document ON passages (document, position);
CREATE INDEX passages_by_search_hash ON passages (search_hash);

CREATE TABLE removals (
  passage INTEGER PRIMARY KEY,
  generation INTEGER NOT NULL
) STRICT;
CREATE INDEX removals_by_generation ON removals (generation);

CREATE TABLE spaces (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('fixed', 'learned')),
  embedder TEXT NOT NULL,
  dimensions INTEGER NOT NULL,
  -- Passages that there were when the space was learned, and the highest number among them.
  fitted_on INTEGER NOT NULL,
  fitted_through INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('building', 'active', 'retired')),
  touched_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE model_parts (
  space INTEGER NOT NULL,
  part INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (space, part)
) STRICT;

CREATE TABLE vectors (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  space INTEGER NOT NULL,
  passage INTEGER NOT NULL,
  vector BLOB NOT NULL,
  UNIQUE (space, passage)
) STRICT;

CREATE TABLE index_files (
  space INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('flat', 'hnsw')),
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  -- Number of the passage that each vector of the file belongs to, 32 bits each; 0 where it was removed.
  passages BLOB NOT NULL
) STRICT;

CREATE TABLE receipts (
  token TEXT PRIMARY KEY,
  generation INTEGER NOT NULL,
  report TEXT NOT NULL
) STRICT;
CREATE INDEX receipts_by_generation ON receipts (generation)`;

/** Who may read a document, as JSON; everybody where it is null, as all documents were before. */
const READERS = "ALTER TABLE documents ADD COLUMN readers TEXT";

/** Where documents were read from; NULL where a caller put them. */
const ORIGINS = `
ALTER TABLE documents ADD COLUMN root TEXT;
ALTER TABLE documents ADD COLUMN file TEXT;
CREATE INDEX documents_by_root ON documents (root, number) WHERE root IS NOT NULL`;

/** The ranking that was chosen for the corpus, as JSON; NULL where none was. */
const RANKING = "ALTER TABLE corpus ADD COLUMN ranking TEXT";

/** The relevance below which the corpus is taken to hold no answer, as JSON; NULL where none was measured. */
const FLOOR = "ALTER TABLE corpus ADD COLUMN floor TEXT";

/**
 * What is sampled by hash is found in the order in which it came: with an index in the order of the hashes, each passage
 * of a put went to a page of its own.
 */
const HASHES = `
DROP INDEX passages_by_search_hash;
DROP INDEX passages_by_document;
CREATE INDEX passages_by_document ON passages (document, position, search_hash)`;

/** What brings a record from the format of an entry's position to the next one. Entries are only ever added, at the end. */
export const MIGRATIONS: readonly string[] = [FIRST_FORMAT, READERS, ORIGINS, RANKING, FLOOR, HASHES];
