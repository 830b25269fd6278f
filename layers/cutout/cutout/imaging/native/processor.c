#include "processor.h"

#include "native.h"

ProcessorLevel cutout_processor_level(void) {
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512vl"))
            return LEVEL_AVX512;
        return LEVEL_AVX2;
    }
#endif
    return LEVEL_BASELINE;
}

static PyObject *processor_level(PyObject *module, PyObject *unused) {
    static const char *const names[LEVEL_COUNT] = {"baseline", "avx2", "avx512"};
    return PyUnicode_FromString(names[cutout_processor_level()]);
}

PyMethodDef cutout_processor_methods[] = {
    {"processor_level", processor_level, METH_NOARGS, "The kernels' variant for this processor: 'baseline', 'avx2' or 'avx512'."},
    {NULL, NULL, 0, NULL},
};
