/* cutout.imaging._native: the hot loops. Each source file brings a table of functions; this one only plugs them together. */
#include "native.h"

static PyMethodDef *const TABLES[] = {
    cutout_enlarge_methods,
    cutout_foreground_methods,
    cutout_lanczos_methods,
    cutout_matting_methods,
    cutout_means_methods,
    cutout_models_methods,
    cutout_over_methods,
    cutout_pixels_methods,
    cutout_png_methods,
    cutout_processor_methods,
    cutout_reduce_methods,
    cutout_trimap_methods,
    cutout_windows_methods,
};

static int add_functions(PyObject *module) {
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++)
        if (PyModule_AddFunctions(module, TABLES[i]) < 0) return -1;
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)add_functions},
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "cutout.imaging._native",
    .m_doc = "The hot loops of cutout.imaging. Arrays are C-contiguous buffers; anything else raises ValueError.",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&definition); }
