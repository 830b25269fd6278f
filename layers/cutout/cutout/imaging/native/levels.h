/* Kernels are written once, in plain C that compilers vectorise, and compiled once for each processor level.
 *
 * A kernel's file has no include guard: levels.c style sources define LEVEL_SUFFIX and TARGET, include it, and choose at run time by
 * cutout_processor_level(). On anything but x86-64 there is only the baseline, which on arm64 has vectors and fused multiplication.
 */
#ifndef CUTOUT_LEVELS_H
#define CUTOUT_LEVELS_H

#define CUTOUT_JOIN_(a, b) a##_##b
#define CUTOUT_JOIN(a, b) CUTOUT_JOIN_(a, b)

#if defined(__x86_64__) && defined(__GNUC__)
#define CUTOUT_X86_LEVELS 1
#define TARGET_AVX2 __attribute__((target("avx2,fma")))
#ifdef __clang__
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))
#else
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,prefer-vector-width=512")))
#endif
#endif

#endif
