/* The passes' three variants, one for each processor level. */
#include <string.h>

#include "lanczos.h"
#include "levels.h"
#include "processor.h"

#define TARGET
#define LANES 4
#define KERNEL(name) name##_baseline
#include "lanczos_kernel.h"
#undef KERNEL
#undef LANES
#undef TARGET

#ifdef CUTOUT_X86_LEVELS
#define TARGET TARGET_AVX2
#define LANES 8
#define KERNEL(name) name##_avx2
#include "lanczos_kernel.h"
#undef KERNEL
#undef LANES
#undef TARGET

#define TARGET TARGET_AVX512
#define LANES 16
#define KERNEL(name) name##_avx512
#include "lanczos_kernel.h"
#undef KERNEL
#undef LANES
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
