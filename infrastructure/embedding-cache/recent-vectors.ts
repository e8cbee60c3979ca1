/** The vectors that were used last, as many as fit into so many bytes. */
export class RecentVectors {
  private readonly maxBytes: number;
  private readonly vectors = new Map<string, Float32Array>();
  private bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get(key: string): Float32Array | undefined {
    const vector = this.vectors.get(key);
    if (vector === undefined) return undefined;
    this.vectors.delete(key);
    this.vectors.set(key, vector);
    return vector;
  }

  put(key: string, vector: Float32Array): void {
    this.drop(key);
    this.vectors.set(key, vector);
    this.bytes += vector.byteLength;
    for (const oldest of this.vectors.keys()) {
      if (this.bytes <= this.maxBytes) return;
      this.drop(oldest);
    }
  }

  private drop(key: string): void {
    this.bytes -= this.vectors.get(key)?.byteLength ?? 0;
    this.vectors.delete(key);
  }
}
