/** The fields before the settings in the file of an HNSW index: type, dimensions, size, two unused, trained, metric. */
const HEADER_BYTES = 4 + 4 + 8 + 8 + 8 + 1 + 4;
/** Bytes of an element of each list that follows: probabilities, neighbours per level, levels, offsets, neighbours. */
const LIST_ELEMENT_BYTES = [8, 4, 4, 8, 4];
const DEFAULT_EF_CONSTRUCTION = 40;
const DEFAULT_EF_SEARCH = 16;

/**
 * Sets how widely an empty HNSW index searches, in the bytes that FAISS writes of it: faiss-node has no way to set
 * `efSearch`, and k does not stand in for it, since a search ends after 16 candidates nearer than the best so far, however many
 * are asked for (https://github.com/facebookresearch/faiss/blob/v1.7.3/faiss/impl/HNSW.cpp, search_from_candidates).
 * The layout is that of `write_HNSW` in faiss/impl/index_write.cpp, the same from 1.7.3 on.
 * @throws Error where the bytes are of another layout
 */
export function setEfSearch(index: Uint8Array, efSearch: number): void {
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
  let offset = HEADER_BYTES;
  for (const elementBytes of LIST_ELEMENT_BYTES) {
    offset += 8 + Number(view.getBigUint64(offset, true)) * elementBytes;
    if (offset + 20 > index.length) throw unknownLayout();
  }
  const [efConstructionAt, efSearchAt] = [offset + 8, offset + 12];
  const type = String.fromCharCode(...index.subarray(0, 4));
  const efConstruction = view.getInt32(efConstructionAt, true);
  const known = type === "IHNf" && efConstruction === DEFAULT_EF_CONSTRUCTION;
  if (!known || view.getInt32(efSearchAt, true) !== DEFAULT_EF_SEARCH) throw unknownLayout();
  view.setInt32(efSearchAt, efSearch, true);
}

function unknownLayout(): Error {
  return new Error("This build of FAISS writes HNSW indexes in an unknown layout.");
}
