/* Foreground estimation's two passes over the pixels: colours summed by blocks, and the estimate put in their place. */
#include <stdlib.h>
#include <string.h>

#include "models.h"
#include "native.h"
#include "team.h"

typedef struct {
    uint8_t *pixels;
    const uint8_t *alpha;
    float *sums;
    const float *means;
    ptrdiff_t height, width, factor, rows, columns; /* the latter two in blocks */
    Place *places;                                  /* of each column of pixels */
    void *desks[TEAM_MOST];                         /* what a member works in */
} Blocks;

/* A row of blocks, column by column of pixels: colours summed, and alpha's extremes. */
typedef struct {
    uint16_t *colours;
    uint8_t *lowest, *highest;
} Columns;

static void add_row(Columns *c, const uint8_t *restrict pixels, const uint8_t *restrict alpha, size_t width) {
    uint16_t *restrict colours = c->colours;
    uint8_t *restrict lowest = c->lowest, *restrict highest = c->highest;
    for (size_t i = 0; i < 4 * width; i++) colours[i] = (uint16_t)(colours[i] + pixels[i]);
    for (size_t i = 0; i < width; i++) {
        lowest[i] = alpha[i] < lowest[i] ? alpha[i] : lowest[i];
        highest[i] = alpha[i] > highest[i] ? alpha[i] : highest[i];
    }
}

/* Alpha, and alpha times R, G and B, over the pixels of one block. */
static void sum_subject(const Blocks *b, ptrdiff_t top, ptrdiff_t bottom, ptrdiff_t left, ptrdiff_t right, int32_t *subject) {
    for (ptrdiff_t y = top; y < bottom; y++)
        for (ptrdiff_t at = y * b->width + left; at < y * b->width + right; at++) {
            int32_t alpha = b->alpha[at];
            const uint8_t *pixel = b->pixels + 4 * at;
            subject[0] += alpha;
            for (int ch = 0; ch < 3; ch++) subject[1 + ch] += alpha * pixel[ch];
        }
}

static void sum_rows(void *context, Team *team, int member, int members) {
    const Blocks *b = context;
    const ptrdiff_t plane = b->rows * b->columns;
    size_t from, to, width = (size_t)b->width;
    cutout_team_share((size_t)b->rows, member, members, &from, &to);
    Columns columns = {b->desks[member], (uint8_t *)b->desks[member] + 8 * width, (uint8_t *)b->desks[member] + 9 * width};
    for (ptrdiff_t row = (ptrdiff_t)from; row < (ptrdiff_t)to; row++) {
        ptrdiff_t top = row * b->factor, bottom = cutout_least(top + b->factor, b->height);
        memset(columns.colours, 0, 8 * width);
        memset(columns.lowest, OPAQUE, width);
        memset(columns.highest, 0, width);
        for (ptrdiff_t y = top; y < bottom; y++) add_row(&columns, b->pixels + 4 * y * b->width, b->alpha + y * b->width, width);
        for (ptrdiff_t column = 0; column < b->columns; column++) {
            ptrdiff_t left = column * b->factor, right = cutout_least(left + b->factor, b->width);
            int32_t all[3] = {0}, subject[4] = {0};
            uint8_t lowest = OPAQUE, highest = 0;
            for (ptrdiff_t x = left; x < right; x++) {
                for (int ch = 0; ch < 3; ch++) all[ch] += columns.colours[4 * x + ch];
                lowest = columns.lowest[x] < lowest ? columns.lowest[x] : lowest;
                highest = columns.highest[x] > highest ? columns.highest[x] : highest;
            }
            if (lowest == OPAQUE) {
                subject[0] = (int32_t)((bottom - top) * (right - left)) * OPAQUE;
                for (int ch = 0; ch < 3; ch++) subject[1 + ch] = all[ch] * OPAQUE;
            } else if (highest > 0) {
                sum_subject(b, top, bottom, left, right, subject);
            }
            float *sum = b->sums + row * b->columns + column;
            for (int i = 0; i < 4; i++) sum[i * plane] = (float)subject[i] / OPAQUE;
            for (int ch = 0; ch < 3; ch++) sum[(4 + ch) * plane] = (float)all[ch];
        }
    }
}

/* F = f + alpha (I - alpha f - (1 - alpha) b) where 0 < alpha < 1: Forte 2021, equation 4, with the means f and b between blocks. */
static void recolour_pixel(uint8_t *pixel, float alpha, Four front, Four back) {
    const Four colour = {(float)pixel[0], (float)pixel[1], (float)pixel[2]};
    Four value = front + alpha * (colour - alpha * front - (1 - alpha) * back);
    for (int ch = 0; ch < 3; ch++) pixel[ch] = (uint8_t)((value[ch] < 0 ? 0 : value[ch] > 255 ? 255 : value[ch]) + 0.5F);
}

static void recolour_rows(void *context, Team *team, int member, int members) {
    const Blocks *b = context;
    size_t sides = SIDES * (size_t)b->columns;
    float *means = b->desks[member];
    for (size_t row = cutout_team_first_row(member); row < (size_t)b->height; row = cutout_team_next_row(row, members)) {
        ptrdiff_t y = (ptrdiff_t)row;
        Place down = cutout_place(y, 1 / (double)b->factor, b->rows);
        const uint8_t *alpha = b->alpha + y * b->width;
        int blended = 0;
        for (ptrdiff_t x = 0; x < b->width; x++) {
            if (alpha[x] == 0 || alpha[x] == OPAQUE) continue;
            if (!blended) cutout_blend(means, b->means + (size_t)down.low * sides, b->means + (size_t)down.high * sides, down.share, sides);
            blended = 1;
            Four front = cutout_between(means, SIDES, b->places[x]), back = cutout_between(means + PARTS, SIDES, b->places[x]);
            recolour_pixel(b->pixels + 4 * (y * b->width + x), (float)alpha[x] / OPAQUE, front, back);
        }
    }
}

/* Without the GIL: the team, each with `bytes` to work in. Returns 0, or -1 without memory. */
static int run(Blocks *b, TeamBody body, size_t bytes, int threads) {
    b->places = malloc((size_t)b->width * sizeof *b->places + 1);
    int ready = b->places != NULL;
    if (ready) cutout_places(b->places, b->width, 1 / (double)b->factor, b->columns);
    for (int i = 0; i < threads; i++) {
        b->desks[i] = malloc(bytes + 1);
        ready = ready && b->desks[i] != NULL;
    }
    if (ready) cutout_team_run(threads, body, b);
    for (int i = 0; i < threads; i++) free(b->desks[i]);
    free(b->places);
    return ready ? 0 : -1;
}

static int is_soft(const uint8_t *row, ptrdiff_t width) {
    uint8_t any = 0;
    for (ptrdiff_t x = 0; x < width; x++) any |= (uint8_t)(row[x] - 1) < OPAQUE - 1;
    return any;
}

static PyObject *soft_rows(PyObject *module, PyObject *object) {
    static const ArraySpec spec = {"alpha", "B", 2, 0};
    Py_buffer view;
    if (cutout_take_array(object, &spec, &view) < 0) return NULL;
    const uint8_t *alpha = view.buf;
    ptrdiff_t width = view.shape[1], first = 0, last = view.shape[0];
    Py_BEGIN_ALLOW_THREADS
    while (first < last && !is_soft(alpha + first * width, width)) first++;
    while (last > first && !is_soft(alpha + (last - 1) * width, width)) last--;
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&view);
    return Py_BuildValue("nn", first, last);
}

static int check_factor(int factor) {
    if (factor >= 1 && factor <= 128) return 0; /* so that a block's sums fit 32 bits */
    PyErr_Format(PyExc_ValueError, "factor must be 1 to 128");
    return -1;
}

static PyObject *block_sums(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"pixels", "B", 3, 0}, {"alpha", "B", 2, 0}, {"sums", "f", 3, 1}};
    PyObject *objects[3];
    int factor, threads;
    if (!PyArg_ParseTuple(arguments, "OOOii:block_sums", &objects[0], &objects[1], &objects[2], &factor, &threads)) return NULL;
    if (check_factor(factor) < 0 || cutout_check_threads(threads) < 0) return NULL;
    Py_buffer views[3];
    if (cutout_take_arrays(objects, specs, views, 3) < 0) return NULL;
    const Py_ssize_t *shape = views[1].shape, coloured[] = {shape[0], shape[1], 4};
    const Py_ssize_t blocks[] = {7, (shape[0] + factor - 1) / factor, (shape[1] + factor - 1) / factor};
    int fits = cutout_check_shape(&views[0], "pixels", coloured, 3) == 0 && cutout_check_shape(&views[2], "sums", blocks, 3) == 0;
    int status = fits ? 0 : -1;
    if (fits) {
        Blocks b = {.pixels = views[0].buf, .alpha = views[1].buf, .sums = views[2].buf, .height = shape[0], .width = shape[1],
                    .factor = factor, .rows = blocks[1], .columns = blocks[2]};
        Py_BEGIN_ALLOW_THREADS
        status = run(&b, sum_rows, 10 * (size_t)b.width, threads);
        Py_END_ALLOW_THREADS
        if (status < 0) PyErr_NoMemory();
    }
    cutout_release_arrays(views, 3);
    if (status < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *recolour(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"pixels", "B", 3, 1}, {"alpha", "B", 2, 0}, {"means", "f", 3, 0}};
    PyObject *objects[3];
    int factor, threads;
    if (!PyArg_ParseTuple(arguments, "OOOii:recolour", &objects[0], &objects[1], &objects[2], &factor, &threads)) return NULL;
    if (check_factor(factor) < 0 || cutout_check_threads(threads) < 0) return NULL;
    Py_buffer views[3];
    if (cutout_take_arrays(objects, specs, views, 3) < 0) return NULL;
    const Py_ssize_t *shape = views[1].shape, coloured[] = {shape[0], shape[1], 4};
    const Py_ssize_t means[] = {(shape[0] + factor - 1) / factor, (shape[1] + factor - 1) / factor, SIDES};
    int fits = cutout_check_shape(&views[0], "pixels", coloured, 3) == 0 && cutout_check_shape(&views[2], "means", means, 3) == 0;
    int status = fits ? 0 : -1;
    if (fits) {
        Blocks b = {.pixels = views[0].buf, .alpha = views[1].buf, .means = views[2].buf, .height = shape[0], .width = shape[1],
                    .factor = factor, .rows = means[0], .columns = means[1]};
        Py_BEGIN_ALLOW_THREADS
        status = run(&b, recolour_rows, SIDES * (size_t)b.columns * sizeof(float), threads);
        Py_END_ALLOW_THREADS
        if (status < 0) PyErr_NoMemory();
    }
    cutout_release_arrays(views, 3);
    if (status < 0) return NULL;
    Py_RETURN_NONE;
}

PyMethodDef cutout_foreground_methods[] = {
    {"soft_rows", soft_rows, METH_O, "soft_rows(alpha) -> (first, last)"},
    {"block_sums", block_sums, METH_VARARGS, "block_sums(pixels, alpha, sums, factor, threads)"},
    {"recolour", recolour, METH_VARARGS, "recolour(pixels, alpha, means, factor, threads)"},
    {NULL, NULL, 0, NULL},
};
