// faiss-node's addon as its authors wrote it, and two functions more: theirs take vectors as plain arrays alone, number by
// number, which costs ten times what adding them costs FAISS, and their search never frees its queries.
#include <napi.h>

#include <algorithm>
#include <vector>

#pragma push_macro("NODE_API_MODULE")
#undef NODE_API_MODULE
#define NODE_API_MODULE(name, init)
#include "faiss.cc"
#pragma pop_macro("NODE_API_MODULE")

namespace {

// Reaches what faiss-node protects.
struct Reached : Index {
  static faiss::Index& of(const Napi::Value& wrapped) {
    return *(Napi::ObjectWrap<Index>::Unwrap(wrapped.As<Napi::Object>())->*&Reached::index_);
  }
};

// An index and vectors, which stand one after the other.
struct Given {
  faiss::Index& index;
  const float* vectors;
  idx_t count;

  static Given from(const Napi::CallbackInfo& info) {
    const bool fits = info.Length() >= 2 && info[0].IsObject() && info[1].IsTypedArray() &&
                      info[1].As<Napi::TypedArray>().TypedArrayType() == napi_float32_array;
    if (!fits) throw Napi::TypeError::New(info.Env(), "An Index and a Float32Array are needed.");
    faiss::Index& index = Reached::of(info[0]);
    const auto numbers = info[1].As<Napi::Float32Array>();
    if (numbers.ElementLength() % index.d != 0) throw Napi::Error::New(info.Env(), "The last vector is not whole.");
    return {index, numbers.Data(), static_cast<idx_t>(numbers.ElementLength() / index.d)};
  }
};

// addVectors(index: Index, vectors: Float32Array)
void AddVectors(const Napi::CallbackInfo& info) {
  const auto [index, vectors, count] = Given::from(info);
  try {
    index.add(count, vectors);
  } catch (const std::exception& error) {
    throw Napi::Error::New(info.Env(), error.what());
  }
}

// searchVectors(index: Index, queries: Float32Array, k: number): { labels: Int32Array, distances: Float32Array }, of
// shape [queries][k], -1 where there is none
Napi::Value SearchVectors(const Napi::CallbackInfo& info) {
  const auto [index, queries, count] = Given::from(info);
  const idx_t k = info[2].As<Napi::Number>().Int32Value();
  auto labels = Napi::Int32Array::New(info.Env(), count * k);
  auto distances = Napi::Float32Array::New(info.Env(), count * k);
  std::vector<idx_t> found(count * k);
  try {
    index.search(count, queries, k, distances.Data(), found.data());
  } catch (const std::exception& error) {
    throw Napi::Error::New(info.Env(), error.what());
  }
  std::copy(found.begin(), found.end(), labels.Data());
  auto hits = Napi::Object::New(info.Env());
  hits.Set("labels", labels);
  hits.Set("distances", distances);
  return hits;
}

Napi::Object InitWithVectors(Napi::Env env, Napi::Object exports) {
  exports.Set("addVectors", Napi::Function::New(env, AddVectors));
  exports.Set("searchVectors", Napi::Function::New(env, SearchVectors));
  return Init(env, exports);
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, InitWithVectors)
