/* composite: "over" (Porter & Duff 1984, "Compositing digital images") on straight alpha, in place, in exact integers. */
#include <string.h>

#include "native.h"
#include "team.h"

typedef struct {
    uint8_t *pixels;
    const uint8_t *alpha;
    size_t pixel_count;
    uint8_t behind[4]; /* the background's colour and opacity */
} Composition;

/* Alpha becomes the fourth byte; where it is 0, the whole pixel is the background's. */
static void place(uint8_t *restrict pixels, const uint8_t *restrict alpha, size_t count, const uint8_t *behind) {
    uint32_t background;
    memcpy(&background, behind, sizeof background);
    const uint32_t colour_bytes = 0x00FFFFFF; /* byte order: little-endian, as all that we are built for */
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, pixels + 4 * i, sizeof word);
        word = alpha[i] ? (word & colour_bytes) | (uint32_t)alpha[i] << 24 : background;
        memcpy(pixels + 4 * i, &word, sizeof word);
    }
}

/* Pixels that are neither all subject nor all background, on a background that is visible. */
static void blend(uint8_t *pixels, const uint8_t *alpha, size_t count, const uint8_t *behind) {
    for (size_t i = 0; i < count; i++) {
        if (alpha[i] == 0 || alpha[i] == OPAQUE) continue;
        uint32_t front = (uint32_t)alpha[i] * OPAQUE, back = (uint32_t)(OPAQUE - alpha[i]) * behind[3], total = front + back;
        uint8_t *pixel = pixels + 4 * i;
        for (int ch = 0; ch < 3; ch++) pixel[ch] = (uint8_t)((front * pixel[ch] + back * behind[ch] + total / 2) / total);
        pixel[3] = (uint8_t)((total + OPAQUE / 2) / OPAQUE);
    }
}

static void compose(void *context, Team *team, int member, int members) {
    const Composition *c = context;
    enum { PIXELS_AT_A_TIME = 16 * 1024 }; /* what is placed stays in the cache until it is blended */
    size_t from, to;
    cutout_team_share(c->pixel_count, member, members, &from, &to);
    for (; from < to; from += PIXELS_AT_A_TIME) {
        size_t count = to - from < PIXELS_AT_A_TIME ? to - from : PIXELS_AT_A_TIME;
        uint8_t *pixels = c->pixels + 4 * from;
        const uint8_t *alpha = c->alpha + from;
        place(pixels, alpha, count, c->behind);
        if (c->behind[3] > 0) blend(pixels, alpha, count, c->behind);
    }
}

static PyObject *composite(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"pixels", "B", 3, 1}, {"alpha", "B", 2, 0}};
    PyObject *objects[2];
    unsigned char behind[4];
    int threads;
    if (!PyArg_ParseTuple(arguments, "OO(bbbb)i:composite", &objects[0], &objects[1], &behind[0], &behind[1], &behind[2], &behind[3], &threads))
        return NULL;
    if (cutout_check_threads(threads) < 0) return NULL;
    Py_buffer views[2];
    if (cutout_take_arrays(objects, specs, views, 2) < 0) return NULL;
    const Py_ssize_t *shape = views[1].shape, coloured[] = {shape[0], shape[1], 4};
    int fits = cutout_check_shape(&views[0], "pixels", coloured, 3) == 0;
    if (fits) {
        Composition c = {.pixels = views[0].buf, .alpha = views[1].buf, .pixel_count = (size_t)(shape[0] * shape[1])};
        memcpy(c.behind, behind, sizeof c.behind);
        Py_BEGIN_ALLOW_THREADS
        cutout_team_run(threads, compose, &c);
        Py_END_ALLOW_THREADS
    }
    cutout_release_arrays(views, 2);
    if (!fits) return NULL;
    Py_RETURN_NONE;
}

PyMethodDef cutout_over_methods[] = {
    {"composite", composite, METH_VARARGS, "composite(pixels, alpha, background, threads)"},
    {NULL, NULL, 0, NULL},
};
