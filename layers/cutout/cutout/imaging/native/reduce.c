/* Pictures and trimaps in coarser cells: factor x factor pixels each, fewer at the right and lower border. */
#include <stdlib.h>
#include <string.h>

#include "band.h"
#include "native.h"
#include "team.h"

enum { MOST = 255 }; /* so that a column's sum fits 16 bits */

typedef struct {
    const uint8_t *pixels, *trimap, *mask;
    uint8_t *pixel_cells, *trimap_cells;
    float *mask_cells;
    ptrdiff_t height, width, rows, columns, factor;
    void *scratch; /* width * 4 uint16_t or width * 2 bytes for each member */
} Reduction;

/* The mean colour of each cell, rounded to nearest. */
static void reduce_colour_rows(void *context, Team *team, int member, int members) {
    const Reduction *r = context;
    size_t from, to, bytes = (size_t)r->width * 4;
    cutout_team_share((size_t)r->rows, member, members, &from, &to);
    uint16_t *restrict sums = (uint16_t *)r->scratch + (size_t)member * bytes;
    for (size_t row = from; row < to; row++) {
        ptrdiff_t top = (ptrdiff_t)row * r->factor, bottom = cutout_least(top + r->factor, r->height);
        memset(sums, 0, bytes * sizeof *sums);
        for (ptrdiff_t y = top; y < bottom; y++) {
            const uint8_t *restrict line = r->pixels + (size_t)y * bytes;
            for (size_t i = 0; i < bytes; i++) sums[i] = (uint16_t)(sums[i] + line[i]);
        }
        uint8_t *out = r->pixel_cells + row * (size_t)r->columns * 4;
        for (ptrdiff_t c = 0; c < r->columns; c++) {
            ptrdiff_t left = c * r->factor, right = cutout_least(left + r->factor, r->width);
            uint32_t red = 0, green = 0, blue = 0, count = (uint32_t)((bottom - top) * (right - left));
            for (ptrdiff_t x = left; x < right; x++) red += sums[4 * x], green += sums[4 * x + 1], blue += sums[4 * x + 2];
            out[4 * c] = (uint8_t)((red + count / 2) / count);
            out[4 * c + 1] = (uint8_t)((green + count / 2) / count);
            out[4 * c + 2] = (uint8_t)((blue + count / 2) / count);
            out[4 * c + 3] = 255;
        }
    }
}

/* A cell is sure where all its pixels are, and agree. An unknown cell has the mean of the mask. */
static void reduce_trimap_rows(void *context, Team *team, int member, int members) {
    const Reduction *r = context;
    size_t from, to;
    cutout_team_share((size_t)r->rows, member, members, &from, &to);
    uint8_t *restrict low = (uint8_t *)r->scratch + (size_t)member * (size_t)r->width * 2, *restrict high = low + r->width;
    for (size_t row = from; row < to; row++) {
        ptrdiff_t top = (ptrdiff_t)row * r->factor, bottom = cutout_least(top + r->factor, r->height);
        memcpy(low, r->trimap + top * r->width, (size_t)r->width);
        memcpy(high, low, (size_t)r->width);
        for (ptrdiff_t y = top + 1; y < bottom; y++) {
            const uint8_t *restrict line = r->trimap + y * r->width;
            for (ptrdiff_t x = 0; x < r->width; x++) {
                low[x] = line[x] < low[x] ? line[x] : low[x];
                high[x] = line[x] > high[x] ? line[x] : high[x];
            }
        }
        uint8_t *trimap = r->trimap_cells + row * (size_t)r->columns;
        float *mask = r->mask_cells + row * (size_t)r->columns;
        for (ptrdiff_t c = 0; c < r->columns; c++) {
            ptrdiff_t left = c * r->factor, right = cutout_least(left + r->factor, r->width);
            uint8_t bottom_value = low[left], top_value = high[left];
            for (ptrdiff_t x = left + 1; x < right; x++) {
                bottom_value = low[x] < bottom_value ? low[x] : bottom_value;
                top_value = high[x] > top_value ? high[x] : top_value;
            }
            if (bottom_value == OPAQUE || top_value == 0) {
                trimap[c] = top_value;
                mask[c] = top_value == OPAQUE;
                continue;
            }
            trimap[c] = UNKNOWN;
            uint32_t sum = 0;
            for (ptrdiff_t y = top; y < bottom; y++)
                for (ptrdiff_t x = left; x < right; x++) sum += r->mask[y * r->width + x];
            mask[c] = (float)sum / (float)(OPAQUE * (bottom - top) * (right - left));
        }
    }
}

/* Runs the team on scratch of its own. 0, or -1 without memory. */
static int run_reduction(Reduction *r, TeamBody body, size_t scratch, int threads) {
    r->scratch = malloc(scratch * (size_t)threads + 1);
    if (r->scratch == NULL) return -1;
    cutout_team_run(threads, body, r);
    free(r->scratch);
    return 0;
}

/* The cells' rows and columns must be what factor makes of the picture's. */
static int check_cells(const Py_buffer *cells, const char *name, const Py_ssize_t *shape, int factor, int threads) {
    if (factor < 1 || factor > MOST) {
        PyErr_Format(PyExc_ValueError, "factor must be 1 to %d", MOST);
        return -1;
    }
    if (cutout_check_threads(threads) < 0) return -1;
    const Py_ssize_t wanted[] = {(shape[0] + factor - 1) / factor, (shape[1] + factor - 1) / factor, 4};
    return cutout_check_shape(cells, name, wanted, cells->ndim);
}

static PyObject *reduce_colour(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"pixels", "B", 3, 0}, {"cells", "B", 3, 1}};
    PyObject *objects[2];
    int factor, threads;
    if (!PyArg_ParseTuple(arguments, "OOii:reduce_colour", &objects[0], &objects[1], &factor, &threads)) return NULL;
    Py_buffer views[2];
    if (cutout_take_arrays(objects, specs, views, 2) < 0) return NULL;
    const Py_ssize_t *shape = views[0].shape, coloured[] = {-1, -1, 4};
    int status = -1;
    if (cutout_check_shape(&views[0], "pixels", coloured, 3) == 0 && check_cells(&views[1], "cells", shape, factor, threads) == 0) {
        Reduction r = {.pixels = views[0].buf, .pixel_cells = views[1].buf, .height = shape[0], .width = shape[1],
                       .rows = views[1].shape[0], .columns = views[1].shape[1], .factor = factor};
        Py_BEGIN_ALLOW_THREADS
        status = run_reduction(&r, reduce_colour_rows, (size_t)r.width * 4 * sizeof(uint16_t), threads);
        Py_END_ALLOW_THREADS
        if (status < 0) PyErr_NoMemory();
    }
    cutout_release_arrays(views, 2);
    if (status < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *reduce_trimap(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"trimap", "B", 2, 0}, {"mask", "B", 2, 0}, {"trimap_cells", "B", 2, 1}, {"mask_cells", "f", 2, 1}};
    PyObject *objects[4];
    int factor, threads;
    if (!PyArg_ParseTuple(arguments, "OOOOii:reduce_trimap", &objects[0], &objects[1], &objects[2], &objects[3], &factor, &threads))
        return NULL;
    Py_buffer views[4];
    if (cutout_take_arrays(objects, specs, views, 4) < 0) return NULL;
    const Py_ssize_t *shape = views[0].shape;
    int status = -1;
    if (cutout_check_shape(&views[1], "mask", shape, 2) == 0 && check_cells(&views[2], "trimap_cells", shape, factor, threads) == 0 &&
        check_cells(&views[3], "mask_cells", shape, factor, threads) == 0) {
        Reduction r = {.trimap = views[0].buf, .mask = views[1].buf, .trimap_cells = views[2].buf, .mask_cells = views[3].buf,
                       .height = shape[0], .width = shape[1], .rows = views[2].shape[0], .columns = views[2].shape[1], .factor = factor};
        Py_BEGIN_ALLOW_THREADS
        status = run_reduction(&r, reduce_trimap_rows, (size_t)r.width * 2, threads);
        Py_END_ALLOW_THREADS
        if (status < 0) PyErr_NoMemory();
    }
    cutout_release_arrays(views, 4);
    if (status < 0) return NULL;
    Py_RETURN_NONE;
}

PyMethodDef cutout_reduce_methods[] = {
    {"reduce_colour", reduce_colour, METH_VARARGS, "reduce_colour(pixels, cells, factor, threads)"},
    {"reduce_trimap", reduce_trimap, METH_VARARGS, "reduce_trimap(trimap, mask, trimap_cells, mask_cells, factor, threads)"},
    {NULL, NULL, 0, NULL},
};
