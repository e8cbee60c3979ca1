// faiss-node's addon as its authors wrote it, and a function more: theirs take vectors as plain arrays alone, number by
// number, which costs ten times what FAISS does with them.
#include <napi.h>

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

// addVectors(index: Index, vectors: Float32Array): the vectors stand one after the other.
void AddVectors(const Napi::CallbackInfo& info) {
  const bool fits = info.Length() == 2 && info[0].IsObject() && info[1].IsTypedArray() &&
                    info[1].As<Napi::TypedArray>().TypedArrayType() == napi_float32_array;
  if (!fits) throw Napi::TypeError::New(info.Env(), "addVectors takes an Index and a Float32Array.");
  faiss::Index& index = Reached::of(info[0]);
  const auto numbers = info[1].As<Napi::Float32Array>();
  if (numbers.ElementLength() % index.d != 0) throw Napi::Error::New(info.Env(), "The last vector is not whole.");
  try {
    index.add(numbers.ElementLength() / index.d, numbers.Data());
  } catch (const std::exception& error) {
    throw Napi::Error::New(info.Env(), error.what());
  }
}

Napi::Object InitWithVectors(Napi::Env env, Napi::Object exports) {
  exports.Set("addVectors", Napi::Function::New(env, AddVectors));
  return Init(env, exports);
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, InitWithVectors)
