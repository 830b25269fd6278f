/* layer_means: the mean colours of subject and background round each block, by blur fusion (Forte, "Approximate Fast Foreground Colour
 * Estimation", ICIP 2021): first over many blocks, then over few, and in between each block's own colour decides. */
#include <stdlib.h>
#include <string.h>

#include "models.h"
#include "native.h"
#include "team.h"

static const float NOTHING = 1e-4F; /* a weight that is but rounding's */

/* Colours times their weight, and the weight; or colours, and anything. */
typedef struct {
    Four front, back;
} Layers;

typedef struct {
    const float *sums, *counts;
    float *means;
    ptrdiff_t rows, columns;               /* in blocks */
    ptrdiff_t coarse, reach;               /* blocks in a coarse one's side; coarse ones on either side that the first mean is over */
    ptrdiff_t coarse_rows, coarse_columns;
    Layers *sums_of_coarse, *wide;         /* of coarse blocks */
    Layers *weighted;                      /* of blocks: the second pass's colours times their weight, and the weight */
} Means;

static Layers block_of(const Means *m, ptrdiff_t at) {
    const ptrdiff_t plane = m->rows * m->columns;
    const float *sum = m->sums + at;
    Four subject = {sum[plane], sum[2 * plane], sum[3 * plane], sum[0]};
    Four all = {sum[4 * plane], sum[5 * plane], sum[6 * plane], m->counts[at]};
    return (Layers){subject, all - subject};
}

static Four mean_of(Four sum, Four otherwise) { return sum[3] > NOTHING ? sum / sum[3] : otherwise; }

/* The sum over a square of 2 reach + 1 places, as far as it lies inside. */
static Layers sum_around(const Layers *layers, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t y, ptrdiff_t x, ptrdiff_t reach) {
    Layers sum = {{0}, {0}};
    for (ptrdiff_t v = y > reach ? y - reach : 0; v <= cutout_least(y + reach, rows - 1); v++)
        for (ptrdiff_t u = x > reach ? x - reach : 0; u <= cutout_least(x + reach, columns - 1); u++) {
            sum.front += layers[v * columns + u].front;
            sum.back += layers[v * columns + u].back;
        }
    return sum;
}

static void sum_coarse(const Means *m, ptrdiff_t y, ptrdiff_t x) {
    Layers sum = {{0}, {0}};
    for (ptrdiff_t v = y * m->coarse; v < cutout_least((y + 1) * m->coarse, m->rows); v++)
        for (ptrdiff_t u = x * m->coarse; u < cutout_least((x + 1) * m->coarse, m->columns); u++) {
            Layers block = block_of(m, v * m->columns + u);
            sum.front += block.front;
            sum.back += block.back;
        }
    m->sums_of_coarse[y * m->coarse_columns + x] = sum;
}

static void find_wide(const Means *m, ptrdiff_t y, ptrdiff_t x) {
    const Four none = {0};
    Layers sum = sum_around(m->sums_of_coarse, m->coarse_rows, m->coarse_columns, y, x, m->reach);
    m->wide[y * m->coarse_columns + x] = (Layers){mean_of(sum.front, none), mean_of(sum.back, none)};
}

static Layers wide_of(const Means *m, ptrdiff_t y, ptrdiff_t x) { return m->wide[y / m->coarse * m->coarse_columns + x / m->coarse]; }

/* Equation 4 on a block's own colour. */
static void weigh(const Means *m, ptrdiff_t y, ptrdiff_t x) {
    Layers block = block_of(m, y * m->columns + x), wide = wide_of(m, y, x);
    float subject = block.front[3], background = block.back[3], share = subject / (subject + background);
    Four own = (block.front + block.back) / (subject + background);
    Four front = wide.front + share * (own - share * wide.front - (1 - share) * wide.back), back = wide.back * background;
    for (int ch = 0; ch < 3; ch++) front[ch] = (front[ch] < 0 ? 0 : front[ch] > 255 ? 255 : front[ch]) * subject;
    front[3] = subject;
    back[3] = background;
    m->weighted[y * m->columns + x] = (Layers){front, back};
}

static void find_means(const Means *m, ptrdiff_t y, ptrdiff_t x) {
    Layers sum = sum_around(m->weighted, m->rows, m->columns, y, x, 1), wide = wide_of(m, y, x);
    Layers means = {mean_of(sum.front, wide.front), mean_of(sum.back, wide.back)};
    memcpy(m->means + SIDES * (y * m->columns + x), &means, sizeof means);
}

typedef void (*Step)(const Means *m, ptrdiff_t y, ptrdiff_t x);

static void each(const Means *m, Step step, ptrdiff_t rows, ptrdiff_t columns, int member, int members) {
    size_t from, to;
    cutout_team_share((size_t)rows, member, members, &from, &to);
    for (ptrdiff_t y = (ptrdiff_t)from; y < (ptrdiff_t)to; y++)
        for (ptrdiff_t x = 0; x < columns; x++) step(m, y, x);
}

static void fuse(void *context, Team *team, int member, int members) {
    const Means *m = context;
    each(m, sum_coarse, m->coarse_rows, m->coarse_columns, member, members);
    cutout_team_wait(team);
    each(m, find_wide, m->coarse_rows, m->coarse_columns, member, members);
    cutout_team_wait(team);
    each(m, weigh, m->rows, m->columns, member, members);
    cutout_team_wait(team);
    each(m, find_means, m->rows, m->columns, member, members);
}

/* Without the GIL. Returns 0, or -1 without memory. */
static int run(Means *m, int threads) {
    size_t coarse = (size_t)(m->coarse_rows * m->coarse_columns);
    m->sums_of_coarse = aligned_alloc(_Alignof(Layers), (coarse + 1) * sizeof(Layers));
    m->wide = aligned_alloc(_Alignof(Layers), (coarse + 1) * sizeof(Layers));
    m->weighted = aligned_alloc(_Alignof(Layers), ((size_t)(m->rows * m->columns) + 1) * sizeof(Layers));
    int ready = m->sums_of_coarse != NULL && m->wide != NULL && m->weighted != NULL;
    if (ready) cutout_team_run(threads, fuse, m);
    free(m->sums_of_coarse);
    free(m->wide);
    free(m->weighted);
    return ready ? 0 : -1;
}

static PyObject *layer_means(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"sums", "f", 3, 0}, {"counts", "f", 2, 0}, {"means", "f", 3, 1}};
    PyObject *objects[3];
    int coarse, reach, threads;
    if (!PyArg_ParseTuple(arguments, "OOOiii:layer_means", &objects[0], &objects[1], &objects[2], &coarse, &reach, &threads)) return NULL;
    if (coarse < 1 || reach < 0) return PyErr_Format(PyExc_ValueError, "coarse must be at least 1, and reach at least 0");
    if (cutout_check_threads(threads) < 0) return NULL;
    Py_buffer views[3];
    if (cutout_take_arrays(objects, specs, views, 3) < 0) return NULL;
    const Py_ssize_t *shape = views[1].shape, planes[] = {7, shape[0], shape[1]}, means[] = {shape[0], shape[1], SIDES};
    int status = -1;
    if (cutout_check_shape(&views[0], "sums", planes, 3) == 0 && cutout_check_shape(&views[2], "means", means, 3) == 0) {
        Means m = {.sums = views[0].buf, .counts = views[1].buf, .means = views[2].buf, .rows = shape[0], .columns = shape[1],
                   .coarse = coarse, .reach = reach, .coarse_rows = (shape[0] + coarse - 1) / coarse,
                   .coarse_columns = (shape[1] + coarse - 1) / coarse};
        Py_BEGIN_ALLOW_THREADS
        status = run(&m, threads);
        Py_END_ALLOW_THREADS
        if (status < 0) PyErr_NoMemory();
    }
    cutout_release_arrays(views, 3);
    if (status < 0) return NULL;
    Py_RETURN_NONE;
}

PyMethodDef cutout_means_methods[] = {
    {"layer_means", layer_means, METH_VARARGS, "layer_means(sums, counts, means, coarse, reach, threads)"},
    {NULL, NULL, 0, NULL},
};
