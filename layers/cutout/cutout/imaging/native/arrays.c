/* Checked access to array arguments: nothing past this file sees a buffer of another type, rank, layout or size than it asked for. */
#include <string.h>

#include "native.h"
#include "team.h"

/* Buffer formats may carry a byte-order mark; only the native order is accepted. "l" and "q" are the same where long has 8 bytes. */
static int format_matches(const char *given, const char *wanted, Py_ssize_t itemsize) {
    if (given == NULL) given = "B";
    if (*given == '@' || *given == '=') given++;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (*given == '<') given++;
#endif
    if (strcmp(given, wanted) == 0) return 1;
    return *wanted == 'q' && strcmp(given, "l") == 0 && itemsize == 8;
}

int cutout_take_array(PyObject *object, const ArraySpec *spec, Py_buffer *view) {
    int flags = PyBUF_FORMAT | PyBUF_ND | PyBUF_STRIDES | (spec->writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object, view, flags) < 0) {
        /* NumPy says ValueError for a read-only array, the standard library BufferError. */
        if (PyErr_ExceptionMatches(PyExc_BufferError)) PyErr_Format(PyExc_ValueError, "%s must be a writable array", spec->name);
        return -1;
    }
    const char *fault = NULL;
    if (!format_matches(view->format, spec->format, view->itemsize)) {
        fault = "has another element type";
    } else if (view->ndim != spec->dims) {
        fault = "has another number of dimensions";
    } else if (!PyBuffer_IsContiguous(view, 'C')) {
        fault = "is not C-contiguous";
    }
    if (fault != NULL) {
        PyErr_Format(PyExc_ValueError, "%s %s: wanted a C-contiguous array of %d dimensions and format '%s', got %d and '%s'", spec->name,
                     fault, spec->dims, spec->format, view->ndim, view->format ? view->format : "B");
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}

int cutout_take_arrays(PyObject *const *objects, const ArraySpec *specs, Py_buffer *views, int count) {
    for (int i = 0; i < count; i++) {
        if (cutout_take_array(objects[i], &specs[i], &views[i]) < 0) {
            cutout_release_arrays(views, i);
            return -1;
        }
    }
    return 0;
}

void cutout_release_arrays(Py_buffer *views, int count) {
    for (int i = 0; i < count; i++) PyBuffer_Release(&views[i]);
}

int cutout_check_shape(const Py_buffer *view, const char *name, const Py_ssize_t *shape, int dims) {
    int same = view->ndim == dims;
    for (int i = 0; same && i < dims; i++) same = shape[i] < 0 || view->shape[i] == shape[i];
    if (!same) PyErr_Format(PyExc_ValueError, "%s has a shape that doesn't fit the other arrays", name);
    return same ? 0 : -1;
}

int cutout_check_threads(int threads) {
    if (threads >= 1 && threads <= TEAM_MOST) return 0;
    PyErr_Format(PyExc_ValueError, "threads must be 1 to %d", TEAM_MOST);
    return -1;
}
