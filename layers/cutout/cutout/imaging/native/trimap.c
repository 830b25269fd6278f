/* make_trimap: two thresholds, and erosion by a square (Serra 1982, "Image analysis and mathematical morphology"), a row at a time. */
#include <stdlib.h>
#include <string.h>

#include "native.h"
#include "team.h"

enum { MOST = 255, INSIDE = 0xFF, LONG_AGO = -2 * MOST };

typedef struct {
    const uint8_t *mask;
    uint8_t *trimap;
    ptrdiff_t height, width, size;
    int foreground, background;
    uint8_t *lines; /* width + size for each member: a row of a region, with what lies beyond the border */
    int32_t *lasts; /* 2 * width for each member: the last row that is outside, of subject and of background, in each column */
} Trimap;

/* Each byte becomes that of all `size` bytes from it on, by doubling: those of 2n are those of n twice. */
static void erode_line(uint8_t *line, ptrdiff_t count, ptrdiff_t size) {
    for (ptrdiff_t length = 1; length < size;) {
        ptrdiff_t step = length < size - length ? length : size - length;
        count -= step;
#pragma GCC ivdep /* what is read lies ahead of what is written */
        for (ptrdiff_t x = 0; x < count; x++) line[x] &= line[x + step];
        length += step;
    }
}

/* Row `y` of the region of values in low..high enters. */
static void enter(const Trimap *t, ptrdiff_t y, int low, int high, uint8_t *restrict line, int32_t *restrict last) {
    const uint8_t *mask = t->mask + y * t->width;
    ptrdiff_t before = t->size / 2, count = t->width + t->size - 1;
    memset(line, INSIDE, (size_t)count);
    uint8_t *restrict inner = line + before, lowest = (uint8_t)low, span = (uint8_t)(high - low);
    for (ptrdiff_t x = 0; x < t->width; x++) inner[x] = (uint8_t)(mask[x] - lowest) <= span ? INSIDE : 0;
    if (low > high) memset(inner, 0, (size_t)t->width); /* a threshold that nothing can pass */
    erode_line(line, count, t->size);
    for (ptrdiff_t x = 0; x < t->width; x++) last[x] = line[x] ? last[x] : (int32_t)y;
}

static void leave(const Trimap *t, ptrdiff_t y, const int32_t *restrict subject, const int32_t *restrict background) {
    uint8_t *restrict trimap = t->trimap + y * t->width;
    int32_t top = (int32_t)(y - t->size / 2);
    for (ptrdiff_t x = 0; x < t->width; x++) trimap[x] = background[x] < top ? 0 : subject[x] < top ? OPAQUE : UNKNOWN;
}

static void make_rows(void *context, Team *team, int member, int members) {
    const Trimap *t = context;
    size_t first, end;
    cutout_team_share((size_t)t->height, member, members, &first, &end);
    ptrdiff_t from = (ptrdiff_t)first, to = (ptrdiff_t)end, before = t->size / 2, after = t->size - 1 - before;
    uint8_t *line = t->lines + (size_t)member * (size_t)(t->width + t->size);
    int32_t *subject = t->lasts + 2 * (size_t)member * (size_t)t->width, *background = subject + t->width;
    for (ptrdiff_t x = 0; x < 2 * t->width; x++) subject[x] = LONG_AGO;

    for (ptrdiff_t y = from > before ? from - before : 0, out = from; out < to; y++) {
        if (y < t->height) {
            enter(t, y, t->foreground + 1, OPAQUE, line, subject);
            enter(t, y, 0, t->background - 1, line, background);
        }
        if (y >= out + after) leave(t, out++, subject, background);
    }
}

static PyObject *make_trimap(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"mask", "B", 2, 0}, {"trimap", "B", 2, 1}};
    PyObject *objects[2];
    int foreground, background, size, threads;
    if (!PyArg_ParseTuple(arguments, "OOiiii:make_trimap", &objects[0], &objects[1], &foreground, &background, &size, &threads)) return NULL;
    if (foreground < 0 || foreground > OPAQUE || background < 0 || background > OPAQUE)
        return PyErr_Format(PyExc_ValueError, "foreground and background must be 0 to 255");
    if (size < 1 || size > MOST) return PyErr_Format(PyExc_ValueError, "size must be 1 to %d", MOST);
    if (cutout_check_threads(threads) < 0) return NULL;
    Py_buffer views[2];
    if (cutout_take_arrays(objects, specs, views, 2) < 0) return NULL;
    const Py_ssize_t *shape = views[0].shape;
    int status = cutout_check_shape(&views[1], "trimap", shape, 2);
    if (status == 0) {
        Trimap t = {.mask = views[0].buf, .trimap = views[1].buf, .height = shape[0], .width = shape[1], .size = size,
                    .foreground = foreground, .background = background};
        Py_BEGIN_ALLOW_THREADS
        t.lines = malloc((size_t)threads * (size_t)(t.width + t.size));
        t.lasts = malloc((size_t)threads * 2 * (size_t)t.width * sizeof *t.lasts + 1);
        status = t.lines != NULL && t.lasts != NULL ? 0 : -1;
        if (status == 0) cutout_team_run(threads, make_rows, &t);
        free(t.lines);
        free(t.lasts);
        Py_END_ALLOW_THREADS
        if (status < 0) PyErr_NoMemory();
    }
    cutout_release_arrays(views, 2);
    if (status < 0) return NULL;
    Py_RETURN_NONE;
}

PyMethodDef cutout_trimap_methods[] = {
    {"make_trimap", make_trimap, METH_VARARGS, "make_trimap(mask, trimap, foreground, background, size, threads)"},
    {NULL, NULL, 0, NULL},
};
