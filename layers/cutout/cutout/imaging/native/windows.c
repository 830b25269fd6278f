/* fit_windows: a guided filter's linear models (He, Sun & Tang 2013, "Guided image filtering", equations 19-21), in time that doesn't depend
 * on the windows' size. In double precision: variances are small differences of squares. */
#include <stdlib.h>
#include <string.h>

#include "models.h"
#include "native.h"
#include "team.h"

/* What is summed over a window: colours (0-255), the mask, their products with it, and with each other. */
enum { R, G, B, M, RM, GM, BM, RR, RG, RB, GG, GB, BB, SUMS };

static const double WHITE = 255;

typedef struct {
    const uint8_t *guide;
    const float *mask;
    float *models;
    ptrdiff_t height, width, reach;
    double epsilon;
    double *fitted; /* (height, width, PARTS): each window's own model */
    double *totals; /* width * SUMS for each member: sums over the rows of a window, column by column */
} Windows;

typedef void (*AddRow)(const Windows *w, double *totals, ptrdiff_t y, double sign);
typedef void (*Finish)(const Windows *w, const double *sums, double count, ptrdiff_t y, ptrdiff_t x);

static void add_samples(const Windows *w, double *totals, ptrdiff_t y, double sign) {
    for (ptrdiff_t x = 0; x < w->width; x++, totals += SUMS) {
        const uint8_t *rgb = w->guide + 4 * (y * w->width + x);
        double r = rgb[0], g = rgb[1], b = rgb[2], m = (double)w->mask[y * w->width + x];
        const double samples[SUMS] = {r, g, b, m, r * m, g * m, b * m, r * r, r * g, r * b, g * g, g * b, b * b};
        for (int i = 0; i < SUMS; i++) totals[i] += sign * samples[i];
    }
}

static void add_models(const Windows *w, double *totals, ptrdiff_t y, double sign) {
    const double *models = w->fitted + y * w->width * PARTS;
    for (ptrdiff_t i = 0; i < w->width * PARTS; i++) totals[i] += sign * models[i];
}

/* (covariance + epsilon)^-1 times the covariance with the mask, by cofactors. */
static void fit(const Windows *w, const double *sums, double count, ptrdiff_t y, ptrdiff_t x) {
    double mean[SUMS];
    for (int i = 0; i < SUMS; i++) mean[i] = sums[i] / count;
    double r = mean[R] / WHITE, g = mean[G] / WHITE, b = mean[B] / WHITE, m = mean[M], square = WHITE * WHITE;
    double rm = mean[RM] / WHITE - r * m, gm = mean[GM] / WHITE - g * m, bm = mean[BM] / WHITE - b * m;
    double rr = mean[RR] / square - r * r + w->epsilon, rg = mean[RG] / square - r * g, rb = mean[RB] / square - r * b;
    double gg = mean[GG] / square - g * g + w->epsilon, gb = mean[GB] / square - g * b, bb = mean[BB] / square - b * b + w->epsilon;
    double c_rr = gg * bb - gb * gb, c_rg = rb * gb - rg * bb, c_rb = rg * gb - rb * gg;
    double c_gg = rr * bb - rb * rb, c_gb = rg * rb - rr * gb, c_bb = rr * gg - rg * rg;
    double scale = 1 / (rr * c_rr + rg * c_rg + rb * c_rb);
    double a_r = (c_rr * rm + c_rg * gm + c_rb * bm) * scale, a_g = (c_rg * rm + c_gg * gm + c_gb * bm) * scale,
           a_b = (c_rb * rm + c_gb * gm + c_bb * bm) * scale;
    double *model = w->fitted + PARTS * (y * w->width + x);
    model[0] = a_r / WHITE, model[1] = a_g / WHITE, model[2] = a_b / WHITE;
    model[3] = m - a_r * r - a_g * g - a_b * b;
}

static void average(const Windows *w, const double *sums, double count, ptrdiff_t y, ptrdiff_t x) {
    float *model = w->models + PARTS * (y * w->width + x);
    for (int i = 0; i < PARTS; i++) model[i] = (float)(sums[i] / count);
}

/* Every window of rows from..to, as far as it lies inside: `finish` is given the sums over it, and how many cells it has. */
static void slide(const Windows *w, double *totals, ptrdiff_t from, ptrdiff_t to, int parts, AddRow add, Finish finish) {
    memset(totals, 0, (size_t)w->width * SUMS * sizeof *totals);
    ptrdiff_t top = from > w->reach ? from - w->reach : 0, bottom = top; /* the rows that are in: top..bottom - 1 */
    for (ptrdiff_t y = from; y < to; y++) {
        while (bottom < w->height && bottom <= y + w->reach) add(w, totals, bottom++, 1);
        if (top < y - w->reach) add(w, totals, top++, -1);
        double sums[SUMS] = {0};
        ptrdiff_t left = 0, right = 0;
        for (ptrdiff_t x = 0; x < w->width; x++) {
            for (; right < w->width && right <= x + w->reach; right++)
                for (int i = 0; i < parts; i++) sums[i] += totals[right * parts + i];
            for (; left < x - w->reach; left++)
                for (int i = 0; i < parts; i++) sums[i] -= totals[left * parts + i];
            finish(w, sums, (double)((bottom - top) * (right - left)), y, x);
        }
    }
}

static void fit_rows(void *context, Team *team, int member, int members) {
    const Windows *w = context;
    size_t from, to;
    cutout_team_share((size_t)w->height, member, members, &from, &to);
    double *totals = w->totals + (size_t)member * (size_t)w->width * SUMS;
    if (from < to) slide(w, totals, (ptrdiff_t)from, (ptrdiff_t)to, SUMS, add_samples, fit);
    cutout_team_wait(team);
    if (from < to) slide(w, totals, (ptrdiff_t)from, (ptrdiff_t)to, PARTS, add_models, average);
}

static PyObject *fit_windows(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"guide", "B", 3, 0}, {"mask", "f", 2, 0}, {"models", "f", 3, 1}};
    PyObject *objects[3];
    int reach, threads;
    double epsilon;
    if (!PyArg_ParseTuple(arguments, "OOOidi:fit_windows", &objects[0], &objects[1], &objects[2], &reach, &epsilon, &threads)) return NULL;
    if (reach < 0 || !(epsilon > 0)) return PyErr_Format(PyExc_ValueError, "reach must be at least 0, and epsilon above it");
    if (cutout_check_threads(threads) < 0) return NULL;
    Py_buffer views[3];
    if (cutout_take_arrays(objects, specs, views, 3) < 0) return NULL;
    const Py_ssize_t *shape = views[1].shape, coloured[] = {shape[0], shape[1], 4}, parts[] = {shape[0], shape[1], PARTS};
    int status = -1;
    if (cutout_check_shape(&views[0], "guide", coloured, 3) == 0 && cutout_check_shape(&views[2], "models", parts, 3) == 0) {
        Windows w = {.guide = views[0].buf, .mask = views[1].buf, .models = views[2].buf, .height = shape[0], .width = shape[1],
                     .reach = reach, .epsilon = epsilon};
        Py_BEGIN_ALLOW_THREADS
        w.fitted = malloc((size_t)(w.height * w.width) * PARTS * sizeof *w.fitted + 1);
        w.totals = malloc((size_t)threads * (size_t)w.width * SUMS * sizeof *w.totals + 1);
        status = w.fitted != NULL && w.totals != NULL ? 0 : -1;
        if (status == 0) cutout_team_run(threads, fit_rows, &w);
        free(w.fitted);
        free(w.totals);
        Py_END_ALLOW_THREADS
        if (status < 0) PyErr_NoMemory();
    }
    cutout_release_arrays(views, 3);
    if (status < 0) return NULL;
    Py_RETURN_NONE;
}

PyMethodDef cutout_windows_methods[] = {
    {"fit_windows", fit_windows, METH_VARARGS, "fit_windows(guide, mask, models, reach, epsilon, threads)"},
    {NULL, NULL, 0, NULL},
};
