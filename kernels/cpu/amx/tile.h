// The tile registers for kernels that are written once: the processor's where FOVEA_TILES_HARDWARE
// is defined, else those of tile_emulator.h. Included like vec.h.
//
// The instructions are written out because the compilers' own need literal digits for registers,
// and GCC 12's loads do not tell the compiler that they read memory.

#if defined(FOVEA_TILES_HARDWARE)

static inline void tile_configure(const TileConfig& config) {
  __asm__ volatile("ldtilecfg %0" : : "m"(config));
}
static inline void tile_release() { __asm__ volatile("tilerelease"); }
template <int kTile>
static inline void tile_zero() {
  __asm__ volatile("tilezero %%tmm%c0" : : "i"(kTile));
}
template <int kTile>
static inline void tile_load(const void* data, int64_t stride) {
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2"
                   :
                   : "r"(data), "r"(stride), "i"(kTile)
                   : "memory");
}
template <int kTile>
static inline void tile_store(void* data, int64_t stride) {
  __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)"
                   :
                   : "r"(data), "r"(stride), "i"(kTile)
                   : "memory");
}
// sums += a b, of bf16 pairs
template <int kSums, int kA, int kB>
static inline void tile_multiply() {
  __asm__ volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSums), "i"(kA), "i"(kB));
}

#else

static inline void tile_configure(const TileConfig& config) { emulated_tiles::configure(config); }
static inline void tile_release() { emulated_tiles::release(); }
template <int kTile>
static inline void tile_zero() {
  emulated_tiles::zero(kTile);
}
template <int kTile>
static inline void tile_load(const void* data, int64_t stride) {
  emulated_tiles::load(kTile, data, stride);
}
template <int kTile>
static inline void tile_store(void* data, int64_t stride) {
  emulated_tiles::store(kTile, data, stride);
}
template <int kSums, int kA, int kB>
static inline void tile_multiply() {
  emulated_tiles::multiply(kSums, kA, kB);
}

#endif
