// Below 1.7.4 (Debian 12 has 1.7.3) FAISS kept inside faiss::Index the type that faiss-node looks for in the namespace.
#include <faiss/Index.h>
#if FAISS_VERSION_MAJOR == 1 && (FAISS_VERSION_MINOR < 7 || (FAISS_VERSION_MINOR == 7 && FAISS_VERSION_PATCH < 4))
namespace faiss {
using idx_t = Index::idx_t;
}
#endif
