/** A file of this machine and what tells its content. */
export interface LocalFile {
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 in hexadecimal digits. */
  readonly sha256: string;
}

/** A small object, and the name of this state of it. */
export interface StoredText {
  readonly text: string;
  /** Unlike that of any other text that was ever put under the key. */
  readonly tag: string;
}

/**
 * Objects under keys, away from this machine. Keys are relative: parts of letters, digits, and . _ -, with / between them.
 * A key has the object that was put last, wholly; whoever reads meanwhile gets it or the former one.
 */
export interface ObjectStorePort {
  /** Where it is, as people write it: `s3://bucket/prefix`. */
  readonly url: string;

  /**
   * Puts the file's content, of any size. Nothing is put where it throws, or where the store finds other content than `sha256` says.
   * @throws ServiceError vendor-auth, vendor-rejected, vendor-unavailable, rate-limited, storage-failed (the file cannot be read), timeout, cancelled
   */
  putFile(key: string, file: LocalFile, signal: AbortSignal): Promise<void>;

  /** Puts a text of at most 1 MiB. @throws ServiceError as `putFile` */
  putText(key: string, text: string, signal: AbortSignal): Promise<void>;

  /**
   * Writes the object into a new file of exactly `bytes`, as it comes; its checksum is the caller's to check. What was
   * written stays where it throws.
   * @throws ServiceError not-found, vendor-reply-invalid (another size, or it ends early), vendor-auth, vendor-rejected,
   * vendor-unavailable (also where nothing comes for long), rate-limited, storage-failed (the file cannot be written), timeout, cancelled
   */
  getFile(key: string, file: Pick<LocalFile, "path" | "bytes">, signal: AbortSignal): Promise<void>;

  /**
   * The text under the key; undefined where there is none, `unchanged` where its tag is still `known`.
   * @throws ServiceError vendor-reply-invalid (more than 1 MiB), vendor-auth, vendor-rejected, vendor-unavailable, rate-limited,
   * storage-failed, timeout, cancelled
   */
  getText(key: string, known: string | undefined, signal: AbortSignal): Promise<StoredText | "unchanged" | undefined>;

  /**
   * The first parts behind `folder/` of all keys that have more than one there, each once, in the order of their code units;
   * [] where there are none. @throws ServiceError as `getText`
   */
  list(folder: string, signal: AbortSignal): Promise<readonly string[]>;

  /** Ends what the adapter started. */
  close?(): Promise<void>;
}
