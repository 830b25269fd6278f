/* solve_matting: arguments, memory, and the choice of solver. */
#include "matting.h"

#include <math.h>
#include <stdlib.h>

#include "native.h"

/* Everything that the solver allocates, or nothing. Vectors begin as zeros: the slots outside the band stay so. */
static int allocate(MattingSystem *s, const MattingSolver *solver, int members) {
    size_t vector = s->band->slots * SEGMENT;
    s->stencil = malloc((s->band->live + 1) * STENCIL * SEGMENT * solver->element);
    s->chunks = calloc((size_t)members, solver->chunk);
    s->solution = calloc(vector, solver->element);
    s->residual = calloc(vector, solver->element);
    s->direction = calloc(vector, solver->element);
    s->product = calloc(vector, solver->element);
    s->inverse = calloc(vector, solver->element);
    return s->stencil && s->chunks && s->solution && s->residual && s->direction && s->product && s->inverse ? 0 : -1;
}

static void release(MattingSystem *s) {
    free(s->stencil);
    free(s->chunks);
    free(s->solution);
    free(s->residual);
    free(s->direction);
    free(s->product);
    free(s->inverse);
}

/* Without the GIL. Returns the number of steps, or -1 without memory. */
static int solve(MattingSystem *s, int exact, int members) {
    Band band;
    if (cutout_band_make(s->trimap, s->height, s->width, &band) < 0) return -1;
    s->band = &band;
    MattingSolver solver = exact ? cutout_matting_double() : cutout_matting_single();
    int status = allocate(s, &solver, members);
    if (status == 0 && band.live > 0) cutout_team_run(members, solver.solve, s);
    release(s);
    cutout_band_free(&band);
    return status < 0 ? -1 : s->steps;
}

static PyObject *solve_in(int exact, PyObject *arguments) {
    static const ArraySpec specs[] = {
        {"pixels", "B", 3, 0}, {"trimap", "B", 2, 0}, {"alpha", "f", 2, 1}, {"prior", "f", 2, 0}, {"weight", "f", 2, 0},
    };
    enum { PIXELS, TRIMAP, ALPHA, PRIOR, WEIGHT, ARRAYS };
    PyObject *objects[ARRAYS];
    double epsilon, tolerance;
    int most_steps, threads;
    if (!PyArg_ParseTuple(arguments, "OOOOOddii:solve_matting", &objects[PIXELS], &objects[TRIMAP], &objects[ALPHA], &objects[PRIOR],
                          &objects[WEIGHT], &epsilon, &tolerance, &most_steps, &threads))
        return NULL;
    if (!(epsilon > 0) || !isfinite(epsilon)) return PyErr_Format(PyExc_ValueError, "epsilon must be above zero");
    if (cutout_check_threads(threads) < 0) return NULL;

    Py_buffer views[ARRAYS];
    if (cutout_take_arrays(objects, specs, views, ARRAYS) < 0) return NULL;
    PyObject *result = NULL;
    const Py_ssize_t *shape = views[TRIMAP].shape;
    const Py_ssize_t coloured[] = {shape[0], shape[1], 4};
    if (cutout_check_shape(&views[PIXELS], "pixels", coloured, 3) < 0 || cutout_check_shape(&views[ALPHA], "alpha", shape, 2) < 0 ||
        cutout_check_shape(&views[PRIOR], "prior", shape, 2) < 0 || cutout_check_shape(&views[WEIGHT], "weight", shape, 2) < 0)
        goto done;
    if (shape[0] > INT32_MAX - 2 * SEGMENT || shape[1] > INT32_MAX - 2 * SEGMENT || shape[0] * shape[1] > INT32_MAX) {
        PyErr_Format(PyExc_ValueError, "the picture has too many pixels");
        goto done;
    }

    MattingSystem system = {
        .pixels = views[PIXELS].buf,
        .trimap = views[TRIMAP].buf,
        .alpha = views[ALPHA].buf,
        .prior = views[PRIOR].buf,
        .weight = views[WEIGHT].buf,
        .height = shape[0],
        .width = shape[1],
        .epsilon = epsilon,
        .tolerance = tolerance,
        .most_steps = most_steps,
    };
    int steps;
    Py_BEGIN_ALLOW_THREADS
    steps = solve(&system, exact, threads);
    Py_END_ALLOW_THREADS
    result = steps < 0 ? PyErr_NoMemory() : PyLong_FromLong(steps);
done:
    cutout_release_arrays(views, ARRAYS);
    return result;
}

static PyObject *solve_matting(PyObject *module, PyObject *arguments) { return solve_in(0, arguments); }
static PyObject *solve_matting_in_double(PyObject *module, PyObject *arguments) { return solve_in(1, arguments); }

PyMethodDef cutout_matting_methods[] = {
    {"solve_matting", solve_matting, METH_VARARGS,
     "solve_matting(pixels, trimap, alpha, prior, weight, epsilon, tolerance, most_steps, threads) -> steps"},
    {"solve_matting_in_double", solve_matting_in_double, METH_VARARGS, "The same in double precision."},
    {NULL, NULL, 0, NULL},
};
