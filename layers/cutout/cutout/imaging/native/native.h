/* What every source of the native module shares: the stable ABI, checked access to arrays, and the table of functions.
 *
 * A new source file plugs in by defining a PyMethodDef table and naming it below and in module.c.
 */
#ifndef CUTOUT_NATIVE_H
#define CUTOUT_NATIVE_H

#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#include <Python.h>

#include <stddef.h>
#include <stdint.h>

/* Tables of the functions that each source file adds to the module. */
extern PyMethodDef cutout_enlarge_methods[];
extern PyMethodDef cutout_foreground_methods[];
extern PyMethodDef cutout_lanczos_methods[];
extern PyMethodDef cutout_matting_methods[];
extern PyMethodDef cutout_means_methods[];
extern PyMethodDef cutout_models_methods[];
extern PyMethodDef cutout_over_methods[];
extern PyMethodDef cutout_pixels_methods[];
extern PyMethodDef cutout_png_methods[];
extern PyMethodDef cutout_processor_methods[];
extern PyMethodDef cutout_reduce_methods[];
extern PyMethodDef cutout_trimap_methods[];
extern PyMethodDef cutout_windows_methods[];

/* Of masks, trimaps and alpha. */
enum { UNKNOWN = 128, OPAQUE = 255 };

static inline ptrdiff_t cutout_least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

/* What an array argument must be. `dims` gives the accepted number of dimensions; the shape comes back in the buffer. */
typedef struct {
    const char *name;   /* the argument's name, for messages */
    const char *format; /* "f", "d", "B", "i", "q": the buffer format, native order */
    int dims;
    int writable;
} ArraySpec;

/* Take a C-contiguous buffer that satisfies the spec. Returns 0, or -1 with ValueError set (TypeError if it is no buffer at all).
 * Release with PyBuffer_Release. */
int cutout_take_array(PyObject *object, const ArraySpec *spec, Py_buffer *view);

/* Several at once, all or nothing: on failure those already taken are released. */
int cutout_take_arrays(PyObject *const *objects, const ArraySpec *specs, Py_buffer *views, int count);
void cutout_release_arrays(Py_buffer *views, int count);

/* 0 if the view has exactly this shape (a negative length accepts any); else -1 with ValueError set. */
int cutout_check_shape(const Py_buffer *view, const char *name, const Py_ssize_t *shape, int dims);

/* 0 if a team can have so many members; else -1 with ValueError set. */
int cutout_check_threads(int threads);

#endif
