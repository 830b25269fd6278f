/* The solver's six variants: two precisions, three processor levels. */
#include <string.h>

#include "levels.h"
#include "matting.h"
#include "processor.h"

#define TARGET
#define REAL float
#define KERNEL(name) name##_single_baseline
#include "matting_kernel.h"
#undef REAL
#undef KERNEL
#define REAL double
#define KERNEL(name) name##_double_baseline
#include "matting_kernel.h"
#undef REAL
#undef KERNEL
#undef TARGET

#ifdef CUTOUT_X86_LEVELS
#define TARGET TARGET_AVX2
#define REAL float
#define KERNEL(name) name##_single_avx2
#include "matting_kernel.h"
#undef REAL
#undef KERNEL
#define REAL double
#define KERNEL(name) name##_double_avx2
#include "matting_kernel.h"
#undef REAL
#undef KERNEL
#undef TARGET

#define TARGET TARGET_AVX512
#define REAL float
#define KERNEL(name) name##_single_avx512
#include "matting_kernel.h"
#undef REAL
#undef KERNEL
#define REAL double
#define KERNEL(name) name##_double_avx512
#include "matting_kernel.h"
#undef REAL
#undef KERNEL
#undef TARGET
#endif

#define SOLVER(suffix, real) ((MattingSolver){solve_##suffix, sizeof(real), sizeof(Chunk_##suffix)})

MattingSolver cutout_matting_single(void) {
#ifdef CUTOUT_X86_LEVELS
    switch (cutout_processor_level()) {
        case LEVEL_AVX512: return SOLVER(single_avx512, float);
        case LEVEL_AVX2: return SOLVER(single_avx2, float);
        default: break;
    }
#endif
    return SOLVER(single_baseline, float);
}

MattingSolver cutout_matting_double(void) {
#ifdef CUTOUT_X86_LEVELS
    switch (cutout_processor_level()) {
        case LEVEL_AVX512: return SOLVER(double_avx512, double);
        case LEVEL_AVX2: return SOLVER(double_avx2, double);
        default: break;
    }
#endif
    return SOLVER(double_baseline, double);
}
