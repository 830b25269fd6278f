/* Alpha from coarse to fine by local colour models: within a window alpha is nearly a linear function of colour, alpha = a . I + b
 * (Levin, Lischinski & Weiss 2008, section 3; He & Sun 2015, "Fast guided filter"). The function is fitted on cells and applied to pixels. */
#include <math.h>
#include <stdlib.h>

#include "band.h"
#include "models.h"
#include "native.h"
#include "team.h"

typedef struct {
    const uint8_t *pixels, *trimap;
    const float *alpha;
    float *models;
    ptrdiff_t height, width;
    float ridge;
} Fit;

static int unknown_near_row(const Fit *f, ptrdiff_t y, ptrdiff_t x) {
    if (x < 0 || x >= f->width) return 0;
    const uint8_t *at = f->trimap + y * f->width + x;
    return cutout_is_unknown(*at) || (y > 0 && cutout_is_unknown(at[-f->width])) || (y + 1 < f->height && cutout_is_unknown(at[f->width]));
}

/* Ridge regression of alpha on colour over the 3x3 window, as far as it lies inside the picture. */
static void fit_one(const Fit *f, ptrdiff_t y, ptrdiff_t x, float *restrict model) {
    float colours[9][3], alphas[9], mean[PARTS] = {0};
    int count = 0;
    for (ptrdiff_t v = y > 0 ? y - 1 : 0; v <= y + 1 && v < f->height; v++)
        for (ptrdiff_t u = x > 0 ? x - 1 : 0; u <= x + 1 && u < f->width; u++) {
            ptrdiff_t at = v * f->width + u;
            for (int ch = 0; ch < 3; ch++) mean[ch] += colours[count][ch] = (float)f->pixels[4 * at + ch];
            mean[3] += alphas[count++] = f->alpha[at];
        }
    for (int part = 0; part < PARTS; part++) mean[part] /= (float)count;
    float rr = f->ridge, rg = 0, rb = 0, gg = f->ridge, gb = 0, bb = f->ridge, ra = 0, ga = 0, ba = 0;
    for (int i = 0; i < count; i++) {
        float r = colours[i][0] - mean[0], g = colours[i][1] - mean[1], b = colours[i][2] - mean[2], a = alphas[i] - mean[3];
        float n = 1 / (float)count;
        rr += n * r * r, rg += n * r * g, rb += n * r * b, gg += n * g * g, gb += n * g * b, bb += n * b * b;
        ra += n * r * a, ga += n * g * a, ba += n * b * a;
    }
    /* L D L' x = right; the pivots are at least the ridge, whatever rounding says. */
    float l10 = rg / rr, l20 = rb / rr;
    float d1 = fmaxf(gg - l10 * rg, f->ridge), q = gb - l20 * rg, l21 = q / d1;
    float d2 = fmaxf(bb - l20 * rb - l21 * q, f->ridge);
    float z1 = ga - l10 * ra, z2 = ba - l20 * ra - l21 * z1;
    float blue = z2 / d2, green = z1 / d1 - l21 * blue, red = ra / rr - l10 * green - l20 * blue;
    model[0] = red, model[1] = green, model[2] = blue;
    model[3] = mean[3] - red * mean[0] - green * mean[1] - blue * mean[2];
}

static void fit_rows(void *context, Team *team, int member, int members) {
    const Fit *f = context;
    size_t from, to;
    cutout_team_share((size_t)f->height, member, members, &from, &to);
    for (ptrdiff_t y = (ptrdiff_t)from; y < (ptrdiff_t)to; y++) {
        int before = 0, here = unknown_near_row(f, y, 0);
        for (ptrdiff_t x = 0; x < f->width; x++) {
            int after = unknown_near_row(f, y, x + 1);
            if (before | here | after) fit_one(f, y, x, f->models + PARTS * (y * f->width + x));
            before = here, here = after;
        }
    }
}

typedef struct {
    const uint8_t *pixels, *trimap;
    const float *models;
    float *alpha;   /* of a grid, in [0, 1], or */
    uint8_t *matte; /* of a picture, in 0-255 */
    ptrdiff_t height, width, rows, columns;
    double scale;          /* of coordinates: cells per pixel */
    Place *places;         /* of each column */
    float *rows_of_models; /* columns * PARTS for each member */
} Application;

/* The models interpolated between the four cells around each unknown pixel, applied to its colour. */
static void apply_rows(void *context, Team *team, int member, int members) {
    const Application *a = context;
    size_t parts = PARTS * (size_t)a->columns;
    float *models = a->rows_of_models + (size_t)member * parts;
    for (size_t row = cutout_team_first_row(member); row < (size_t)a->height; row = cutout_team_next_row(row, members)) {
        ptrdiff_t y = (ptrdiff_t)row;
        Place down = cutout_place(y, a->scale, a->rows);
        int blended = 0;
        for (ptrdiff_t x = 0; x < a->width; x++) {
            ptrdiff_t at = y * a->width + x;
            if (!cutout_is_unknown(a->trimap[at])) continue;
            if (!blended) cutout_blend(models, a->models + (size_t)down.low * parts, a->models + (size_t)down.high * parts, down.share, parts);
            blended = 1;
            float value = cutout_apply_model(cutout_between(models, PARTS, a->places[x]), a->pixels + 4 * at);
            value = value < 0 ? 0 : value > 1 ? 1 : value;
            if (a->matte != NULL) a->matte[at] = (uint8_t)(value * 255 + 0.5F);
            else a->alpha[at] = value;
        }
    }
}

/* Without the GIL. Returns 0, or -1 without memory. */
static int run_application(Application *a, int threads) {
    a->places = malloc((size_t)a->width * sizeof *a->places + 1);
    a->rows_of_models = malloc((size_t)threads * (size_t)a->columns * PARTS * sizeof *a->rows_of_models);
    int status = a->places != NULL && a->rows_of_models != NULL ? 0 : -1;
    if (status == 0) {
        cutout_places(a->places, a->width, a->scale, a->columns);
        cutout_team_run(threads, apply_rows, a);
    }
    free(a->places);
    free(a->rows_of_models);
    return status;
}

static PyObject *fit_models(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"pixels", "B", 3, 0}, {"trimap", "B", 2, 0}, {"alpha", "f", 2, 0}, {"models", "f", 3, 1}};
    PyObject *objects[4];
    double epsilon;
    int threads;
    if (!PyArg_ParseTuple(arguments, "OOOOdi:fit_models", &objects[0], &objects[1], &objects[2], &objects[3], &epsilon, &threads))
        return NULL;
    if (!(epsilon > 0)) return PyErr_Format(PyExc_ValueError, "epsilon must be above zero");
    if (cutout_check_threads(threads) < 0) return NULL;
    Py_buffer views[4];
    if (cutout_take_arrays(objects, specs, views, 4) < 0) return NULL;
    const Py_ssize_t *shape = views[1].shape, coloured[] = {shape[0], shape[1], 4}, parts[] = {shape[0], shape[1], PARTS};
    int fits = cutout_check_shape(&views[0], "pixels", coloured, 3) == 0 && cutout_check_shape(&views[2], "alpha", shape, 2) == 0 &&
               cutout_check_shape(&views[3], "models", parts, 3) == 0;
    if (fits) {
        Fit f = {.pixels = views[0].buf, .trimap = views[1].buf, .alpha = views[2].buf, .models = views[3].buf, .height = shape[0],
                 .width = shape[1], .ridge = (float)(epsilon * 255 * 255)};
        Py_BEGIN_ALLOW_THREADS
        cutout_team_run(threads, fit_rows, &f);
        Py_END_ALLOW_THREADS
    }
    cutout_release_arrays(views, 4);
    if (!fits) return NULL;
    Py_RETURN_NONE;
}

static PyObject *apply(PyObject *arguments, const char *format, const ArraySpec *specs) {
    PyObject *objects[4];
    double scale;
    int threads;
    if (!PyArg_ParseTuple(arguments, format, &objects[0], &objects[1], &objects[2], &objects[3], &scale, &threads)) return NULL;
    if (!(scale > 0) || scale > 1) return PyErr_Format(PyExc_ValueError, "scale must be above 0 and at most 1");
    if (cutout_check_threads(threads) < 0) return NULL;
    Py_buffer views[4];
    if (cutout_take_arrays(objects, specs, views, 4) < 0) return NULL;
    const Py_ssize_t *shape = views[1].shape, coloured[] = {shape[0], shape[1], 4}, parts[] = {-1, -1, PARTS};
    int fits = cutout_check_shape(&views[0], "pixels", coloured, 3) == 0 && cutout_check_shape(&views[2], "models", parts, 3) == 0 &&
               cutout_check_shape(&views[3], "alpha", shape, 2) == 0;
    const Py_ssize_t *cells = views[2].shape;
    if (fits && (cells[0] < 1 || cells[1] < 1)) {
        PyErr_Format(PyExc_ValueError, "models is empty");
        fits = 0;
    }
    int status = fits ? 0 : -1;
    if (fits) {
        Application a = {.pixels = views[0].buf, .trimap = views[1].buf, .models = views[2].buf, .height = shape[0], .width = shape[1],
                         .rows = cells[0], .columns = cells[1], .scale = scale};
        if (*specs[3].format == 'f') a.alpha = views[3].buf;
        else a.matte = views[3].buf;
        Py_BEGIN_ALLOW_THREADS
        status = run_application(&a, threads);
        Py_END_ALLOW_THREADS
        if (status < 0) PyErr_NoMemory();
    }
    cutout_release_arrays(views, 4);
    if (status < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *apply_models(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"pixels", "B", 3, 0}, {"trimap", "B", 2, 0}, {"models", "f", 3, 0}, {"alpha", "f", 2, 1}};
    return apply(arguments, "OOOOdi:apply_models", specs);
}

static PyObject *apply_models_in_bytes(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"pixels", "B", 3, 0}, {"trimap", "B", 2, 0}, {"models", "f", 3, 0}, {"alpha", "B", 2, 1}};
    return apply(arguments, "OOOOdi:apply_models_in_bytes", specs);
}

PyMethodDef cutout_models_methods[] = {
    {"fit_models", fit_models, METH_VARARGS, "fit_models(pixels, trimap, alpha, models, epsilon, threads)"},
    {"apply_models", apply_models, METH_VARARGS, "apply_models(pixels, trimap, models, alpha, scale, threads)"},
    {"apply_models_in_bytes", apply_models_in_bytes, METH_VARARGS, "The same, with alpha in 0-255."},
    {NULL, NULL, 0, NULL},
};
