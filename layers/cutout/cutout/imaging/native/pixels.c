/* share_pixels: the memory of a decoded picture, without a copy, by the Arrow C data interface (https://arrow.apache.org/docs/format/CDataInterface.html). */
#include <string.h>

#include "native.h"

/* As the interface has it. */
typedef struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
} ArrowArray;

enum { CHANNELS = 4 };

/* Keeps the capsule, and with it the picture's memory. */
typedef struct {
    PyObject_HEAD
    PyObject *capsule;
    void *bytes;
    Py_ssize_t length;
} Pixels;

static int get_buffer(PyObject *object, Py_buffer *view, int flags) {
    const Pixels *pixels = (Pixels *)object;
    return PyBuffer_FillInfo(view, object, pixels->bytes, pixels->length, 0, flags);
}

static void deallocate(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    Py_XDECREF(((Pixels *)object)->capsule);
    PyObject_Free(object);
    Py_DECREF(type);
}

static PyType_Slot pixels_slots[] = {
    {Py_bf_getbuffer, (void *)get_buffer},
    {Py_tp_dealloc, (void *)deallocate},
    {Py_tp_doc, (void *)"The bytes of a picture's pixels, writable: a buffer."},
    {0, NULL},
};

static PyType_Spec pixels_spec = {
    .name = "cutout.imaging._native.Pixels",
    .basicsize = sizeof(Pixels),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = pixels_slots,
};

/* The bytes of a list of 4 bytes for each of `pixels`, or NULL. */
static void *bytes_of(const ArrowArray *list, int64_t pixels) {
    if (list->release == NULL || list->length != pixels || list->offset != 0 || list->n_children != 1) return NULL;
    const ArrowArray *samples = list->children[0];
    if (samples->length != CHANNELS * pixels || samples->offset != 0 || samples->n_buffers != 2) return NULL;
    return (void *)samples->buffers[1];
}

static PyObject *share_pixels(PyObject *module, PyObject *arguments) {
    PyObject *capsule;
    long long count;
    if (!PyArg_ParseTuple(arguments, "OL:share_pixels", &capsule, &count)) return NULL;
    if (!PyCapsule_IsValid(capsule, "arrow_array")) return PyErr_Format(PyExc_ValueError, "array must be a capsule named arrow_array");
    const ArrowArray *list = PyCapsule_GetPointer(capsule, "arrow_array");
    void *bytes = bytes_of(list, count);
    if (bytes == NULL) return PyErr_Format(PyExc_ValueError, "array isn't one of 4 bytes for each of %lld pixels", count);

    PyObject *type = PyType_FromSpec(&pixels_spec);
    if (type == NULL) return NULL;
    Pixels *pixels = PyObject_New(Pixels, (PyTypeObject *)type);
    Py_DECREF(type); /* the object holds it */
    if (pixels == NULL) return NULL;
    pixels->capsule = Py_NewRef(capsule);
    pixels->bytes = bytes;
    pixels->length = (Py_ssize_t)(CHANNELS * count);
    PyObject *view = PyMemoryView_FromObject((PyObject *)pixels);
    Py_DECREF(pixels);
    return view;
}

PyMethodDef cutout_pixels_methods[] = {
    {"share_pixels", share_pixels, METH_VARARGS, "share_pixels(array, count) -> memoryview"},
    {NULL, NULL, 0, NULL},
};
