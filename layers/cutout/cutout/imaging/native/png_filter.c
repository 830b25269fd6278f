/* The filters' three variants, one for each processor level. */
#include <string.h>

#include "levels.h"
#include "png.h"
#include "processor.h"

#define TARGET
#define KERNEL(name) name##_baseline
#include "png_kernel.h"
#undef KERNEL
#undef TARGET

#ifdef CUTOUT_X86_LEVELS
#define TARGET TARGET_AVX2
#define KERNEL(name) name##_avx2
#include "png_kernel.h"
#undef KERNEL
#undef TARGET

#define TARGET TARGET_AVX512
#define KERNEL(name) name##_avx512
#include "png_kernel.h"
#undef KERNEL
#undef TARGET
#endif

PngKernels cutout_png_kernels(void) {
#ifdef CUTOUT_X86_LEVELS
    switch (cutout_processor_level()) {
        case LEVEL_AVX512: return (PngKernels){filter_row_avx512, adler_avx512};
        case LEVEL_AVX2: return (PngKernels){filter_row_avx2, adler_avx2};
        default: break;
    }
#endif
    return (PngKernels){filter_row_baseline, adler_baseline};
}
