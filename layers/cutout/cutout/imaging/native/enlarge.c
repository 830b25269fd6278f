/* A network's mask at the picture's size, by cubic convolution (Keys 1981, "Cubic convolution interpolation for digital image processing"),
 * and there along the picture's own edges. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"
#include "native.h"
#include "team.h"

/* The value that reproduces quadratics; Pillow's BICUBIC has it too. From REACH samples on the kernel is zero. */
static const double SHARPNESS = -0.5, REACH = 2;

/* The sum of each sample's weights: rounding can't keep what is 1 throughout below 1, and clipping takes the rest away. */
static const double JUST_OVER_ONE = 1 + 2e-6;

/* One direction: new sample i is a weighted sum of `taps` old ones from starts[i] on, by the weights from i * taps on. */
typedef struct {
    size_t count, taps, *starts;
    float *weights;
} Axis;

typedef struct {
    const float *cells; /* (down's old samples, across's old samples) */
    size_t columns, rows;
    Axis across, down;
    float *wide;                 /* (rows, width) */
    float *lines[TEAM_MOST];     /* width: a row of the result, for each member */
    float *plane;                /* the result (height, width) in [0, 1], or */
    uint8_t *mask;               /* in 0-255 */

    /* For edges. */
    const uint8_t *pixels;
    const float *models;
    ptrdiff_t model_rows, model_columns;
    double scale;
    float sure, fully, haze;
    Place *places;                   /* of each column */
    float *rows_of_models[TEAM_MOST]; /* model_columns * PARTS */
} Enlargement;

static double kernel(double distance) {
    double x = fabs(distance);
    if (x >= REACH) return 0;
    if (x >= 1) return SHARPNESS * (((x - 5) * x + 8) * x - 4);
    return ((SHARPNESS + 2) * x - (SHARPNESS + 3)) * x * x + 1;
}

/* What lies beyond the border has no weight. Returns 0, or -1 without memory. */
static int make_axis(Axis *axis, size_t before, size_t after) {
    double scale = (double)before / (double)after, stretch = scale > 1 ? scale : 1;
    size_t taps = (size_t)(2 * REACH * stretch) + 2;
    if (taps > before) taps = before;
    axis->count = after;
    axis->taps = taps;
    axis->starts = malloc(after * sizeof *axis->starts);
    axis->weights = malloc(after * taps * sizeof *axis->weights);
    if (axis->starts == NULL || axis->weights == NULL) return -1;
    for (size_t i = 0; i < after; i++) {
        double centre = ((double)i + 0.5) * scale - 0.5, first = floor(centre - REACH * stretch), sum = 0;
        size_t start = first > 0 ? (size_t)first : 0;
        if (start > before - taps) start = before - taps;
        axis->starts[i] = start;
        for (size_t k = 0; k < taps; k++) sum += kernel(((double)(start + k) - centre) / stretch);
        for (size_t k = 0; k < taps; k++)
            axis->weights[i * taps + k] = (float)(kernel(((double)(start + k) - centre) / stretch) * JUST_OVER_ONE / sum);
    }
    return 0;
}

static void free_axis(Axis *axis) {
    free(axis->starts);
    free(axis->weights);
}

static void widen(const Enlargement *e, size_t from, size_t to) {
    const Axis *axis = &e->across;
    for (size_t y = from; y < to; y++) {
        const float *cells = e->cells + y * e->columns;
        float *wide = e->wide + y * axis->count;
        for (size_t x = 0; x < axis->count; x++) {
            const float *weights = axis->weights + x * axis->taps, *old = cells + axis->starts[x];
            float sum = 0;
            for (size_t k = 0; k < axis->taps; k++) sum += weights[k] * old[k];
            wide[x] = sum;
        }
    }
}

/* One row of the result, clipped. */
static void make_line(const Enlargement *e, size_t y, float *restrict line) {
    size_t width = e->across.count, taps = e->down.taps;
    const float *weights = e->down.weights + y * taps, *top = e->wide + e->down.starts[y] * width;
    if (taps >= 4) {
        const float *restrict a = top, *restrict b = a + width, *restrict c = b + width, *restrict d = c + width;
        for (size_t x = 0; x < width; x++) line[x] = weights[0] * a[x] + weights[1] * b[x] + weights[2] * c[x] + weights[3] * d[x];
    } else {
        memset(line, 0, width * sizeof *line);
    }
    for (size_t k = taps >= 4 ? 4 : 0; k < taps; k++) {
        const float *restrict old = top + k * width;
        if (weights[k] == 0) continue;
        for (size_t x = 0; x < width; x++) line[x] += weights[k] * old[x];
    }
    for (size_t x = 0; x < width; x++) line[x] = line[x] < 0 ? 0 : line[x] > 1 ? 1 : line[x];
}

/* What makes the mask surer counts at once; what makes it less sure by how unsure it is, from nothing at `sure` to all at `fully`. */
static float mix(float fitted, float mask, float sure, float fully) {
    float change = fitted - mask, doubt = mask < 0.5F ? mask : 1 - mask;
    if ((change > 0) == (mask < 0.5F)) {
        float unsure = (doubt - sure) / (fully - sure);
        change *= unsure < 0 ? 0 : unsure > 1 ? 1 : unsure;
    }
    float value = mask + change;
    return value < 0 ? 0 : value > 1 ? 1 : value;
}

/* The soft pixels of a row, moved to where the picture's colours say. */
static void follow(const Enlargement *e, size_t y, float *line, float *models) {
    size_t width = e->across.count, parts = PARTS * (size_t)e->model_columns;
    Place down = cutout_place((ptrdiff_t)y, e->scale, e->model_rows);
    const uint8_t *pixels = e->pixels + y * width * 4;
    int blended = 0;
    for (size_t x = 0; x < width; x++) {
        if (!(line[x] > 0 && line[x] < 1)) continue;
        if (!blended) cutout_blend(models, e->models + (size_t)down.low * parts, e->models + (size_t)down.high * parts, down.share, parts);
        blended = 1;
        float fitted = cutout_apply_model(cutout_between(models, PARTS, e->places[x]), pixels + 4 * x);
        line[x] = mix(fitted, line[x], e->sure, e->fully);
    }
}

/* Up to `haze` is nothing, and as near to 1, all. */
static void stretch(float *line, size_t width, float haze) {
    float scale = 1 / (1 - 2 * haze);
    for (size_t x = 0; x < width; x++) {
        float value = (line[x] - haze) * scale;
        line[x] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
}

static void enlarge_rows(void *context, Team *team, int member, int members) {
    const Enlargement *e = context;
    size_t from, to, width = e->across.count;
    cutout_team_share(e->rows, member, members, &from, &to);
    widen(e, from, to);
    cutout_team_wait(team);
    for (size_t y = cutout_team_first_row(member); y < e->down.count; y = cutout_team_next_row(y, members)) {
        float *restrict line = e->plane != NULL ? e->plane + y * width : e->lines[member];
        make_line(e, y, line);
        if (e->models != NULL) follow(e, y, line, e->rows_of_models[member]);
        if (e->haze > 0) stretch(line, width, e->haze);
        if (e->mask == NULL) continue;
        uint8_t *restrict mask = e->mask + y * width;
        for (size_t x = 0; x < width; x++) mask[x] = (uint8_t)(int32_t)(line[x] * 255 + 0.5F);
    }
}

/* Without the GIL. Returns 0, or -1 without memory. */
static int run(Enlargement *e, size_t height, size_t width, int members) {
    int ready = make_axis(&e->across, e->columns, width) == 0;
    ready = make_axis(&e->down, e->rows, height) == 0 && ready;
    e->wide = malloc(e->rows * width * sizeof *e->wide);
    ready = ready && e->wide != NULL;
    for (int i = 0; i < members; i++) {
        e->lines[i] = malloc(width * sizeof *e->lines[i]);
        ready = ready && e->lines[i] != NULL;
        if (e->models == NULL) continue;
        e->rows_of_models[i] = malloc((size_t)e->model_columns * PARTS * sizeof **e->rows_of_models);
        ready = ready && e->rows_of_models[i] != NULL;
    }
    if (e->models != NULL) {
        e->places = malloc(width * sizeof *e->places);
        ready = ready && e->places != NULL;
        if (ready) cutout_places(e->places, (ptrdiff_t)width, e->scale, e->model_columns);
    }
    if (ready) cutout_team_run(members, enlarge_rows, e);
    for (int i = 0; i < members; i++) {
        free(e->lines[i]);
        free(e->rows_of_models[i]);
    }
    free(e->places);
    free(e->wide);
    free_axis(&e->down);
    free_axis(&e->across);
    return ready ? 0 : -1;
}

static int check(const Py_buffer *cells, const Py_ssize_t *shape, int threads) {
    if (cells->shape[0] < 1 || cells->shape[1] < 1 || shape[0] < 1 || shape[1] < 1) {
        PyErr_Format(PyExc_ValueError, "there must be a cell and a pixel");
        return -1;
    }
    return cutout_check_threads(threads);
}

static PyObject *enlarge(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"cells", "f", 2, 0}, {"plane", "f", 2, 1}}, masks[] = {{"cells", "f", 2, 0}, {"mask", "B", 2, 1}};
    PyObject *objects[2];
    int threads, is_plane;
    if (!PyArg_ParseTuple(arguments, "OOpi:enlarge", &objects[0], &objects[1], &is_plane, &threads)) return NULL;
    Py_buffer views[2];
    if (cutout_take_arrays(objects, is_plane ? specs : masks, views, 2) < 0) return NULL;
    const Py_ssize_t *shape = views[1].shape;
    int status = check(&views[0], shape, threads);
    if (status == 0) {
        Enlargement e = {.cells = views[0].buf, .rows = (size_t)views[0].shape[0], .columns = (size_t)views[0].shape[1]};
        if (is_plane) e.plane = views[1].buf;
        else e.mask = views[1].buf;
        Py_BEGIN_ALLOW_THREADS
        status = run(&e, (size_t)shape[0], (size_t)shape[1], threads);
        Py_END_ALLOW_THREADS
        if (status < 0) PyErr_NoMemory();
    }
    cutout_release_arrays(views, 2);
    if (status < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *enlarge_along_edges(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"cells", "f", 2, 0}, {"pixels", "B", 3, 0}, {"models", "f", 3, 0}, {"mask", "B", 2, 1}};
    enum { CELLS, PIXELS, MODELS, MASK, ARRAYS };
    PyObject *objects[ARRAYS];
    double scale, sure, fully, haze;
    int threads;
    if (!PyArg_ParseTuple(arguments, "OOOOddddi:enlarge_along_edges", &objects[CELLS], &objects[PIXELS], &objects[MODELS], &objects[MASK],
                          &scale, &sure, &fully, &haze, &threads))
        return NULL;
    if (!(scale > 0) || scale > 1) return PyErr_Format(PyExc_ValueError, "scale must be above 0 and at most 1");
    if (!(sure >= 0) || !(fully > sure)) return PyErr_Format(PyExc_ValueError, "sure must be at least 0, and fully above it");
    if (!(haze >= 0) || haze >= 0.5) return PyErr_Format(PyExc_ValueError, "haze must be at least 0 and below a half");
    Py_buffer views[ARRAYS];
    if (cutout_take_arrays(objects, specs, views, ARRAYS) < 0) return NULL;
    const Py_ssize_t *shape = views[MASK].shape, coloured[] = {shape[0], shape[1], 4}, parts[] = {-1, -1, PARTS}, *models = views[MODELS].shape;
    int status = check(&views[CELLS], shape, threads);
    if (status == 0 && (cutout_check_shape(&views[PIXELS], "pixels", coloured, 3) < 0 || cutout_check_shape(&views[MODELS], "models", parts, 3) < 0))
        status = -1;
    if (status == 0 && (models[0] < 1 || models[1] < 1)) {
        PyErr_Format(PyExc_ValueError, "models is empty");
        status = -1;
    }
    if (status == 0) {
        Enlargement e = {.cells = views[CELLS].buf, .rows = (size_t)views[CELLS].shape[0], .columns = (size_t)views[CELLS].shape[1],
                         .mask = views[MASK].buf, .pixels = views[PIXELS].buf, .models = views[MODELS].buf, .model_rows = models[0],
                         .model_columns = models[1], .scale = scale, .sure = (float)sure, .fully = (float)fully,
                         .haze = (float)haze};
        Py_BEGIN_ALLOW_THREADS
        status = run(&e, (size_t)shape[0], (size_t)shape[1], threads);
        Py_END_ALLOW_THREADS
        if (status < 0) PyErr_NoMemory();
    }
    cutout_release_arrays(views, ARRAYS);
    if (status < 0) return NULL;
    Py_RETURN_NONE;
}

PyMethodDef cutout_enlarge_methods[] = {
    {"enlarge", enlarge, METH_VARARGS, "enlarge(cells, out, is_plane, threads)"},
    {"enlarge_along_edges", enlarge_along_edges, METH_VARARGS,
     "enlarge_along_edges(cells, pixels, models, mask, scale, sure, fully, haze, threads)"},
    {NULL, NULL, 0, NULL},
};
