/* The passes' three variants, one for each processor level. */
#include <string.h>

#include "lanczos.h"
#include "levels.h"
#include "processor.h"

#ifdef CUTOUT_X86_LEVELS
#include <immintrin.h> /* only for widening: compilers make six instructions of __builtin_convertvector here where there is one */
#endif

typedef int32_t FourSums __attribute__((vector_size(4 * sizeof(int32_t))));
typedef uint8_t FourBytes __attribute__((vector_size(4)));
static inline FourSums widen_four(const uint8_t *bytes) {
    FourBytes four;
    memcpy(&four, bytes, sizeof four);
    return __builtin_convertvector(four, FourSums);
}

#define TARGET
#define LANES 4
#define WIDEN(bytes) widen_four(bytes)
#define KERNEL(name) name##_baseline
#include "lanczos_kernel.h"
#undef KERNEL
#undef LANES
#undef WIDEN
#undef TARGET

#ifdef CUTOUT_X86_LEVELS
#define TARGET TARGET_AVX2
#define LANES 8
#define WIDEN(bytes) _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(bytes)))
#define KERNEL(name) name##_avx2
#include "lanczos_kernel.h"
#undef KERNEL
#undef LANES
#undef WIDEN
#undef TARGET

#define TARGET TARGET_AVX512
#define LANES 16
#define WIDEN(bytes) _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(bytes)))
#define KERNEL(name) name##_avx512
#include "lanczos_kernel.h"
#undef KERNEL
#undef LANES
#undef WIDEN
#undef TARGET
#endif

LanczosKernels cutout_lanczos_kernels(void) {
#ifdef CUTOUT_X86_LEVELS
    switch (cutout_processor_level()) {
        case LEVEL_AVX512: return (LanczosKernels){narrow_rows_avx512, lower_rows_avx512};
        case LEVEL_AVX2: return (LanczosKernels){narrow_rows_avx2, lower_rows_avx2};
        default: break;
    }
#endif
    return (LanczosKernels){narrow_rows_baseline, lower_rows_baseline};
}
