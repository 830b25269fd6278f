/* resample: weights, memory, threads. */
#include "lanczos.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "native.h"
#include "team.h"

static const double LOBES = 3, PI = 3.14159265358979323846;

typedef struct {
    Resampling resampling;
    LanczosKernels kernels;
    LanczosDesk desks[TEAM_MOST];
} Job;

static double window(double x) {
    if (x == 0) return 1;
    if (fabs(x) >= LOBES) return 0;
    return sin(x * PI) / (x * PI) * (sin(x * PI / LOBES) / (x * PI / LOBES));
}

/* Weights of the samples first..last for the new sample whose centre this is, together 1. */
static void weigh(double *weights, size_t first, size_t last, double centre, double stretch) {
    double sum = 0;
    for (size_t i = first; i < last; i++) sum += weights[i - first] = window(((double)i - centre + 0.5) * (1 / stretch));
    for (size_t i = first; i < last; i++) weights[i - first] *= 1 / sum;
}

/* Returns 0, or -1 without memory. */
static int make_axis(Axis *axis, size_t before, size_t after) {
    double scale = (double)before / (double)after, stretch = scale > 1 ? scale : 1, reach = LOBES * stretch;
    size_t most = (size_t)ceil(reach) * 2 + 1;
    axis->count = after;
    axis->taps = most;
    axis->starts = malloc(after * sizeof *axis->starts);
    axis->ends = malloc(after * sizeof *axis->ends);
    axis->weights = malloc(after * most * sizeof *axis->weights);
    double *weights = malloc(most * sizeof *weights);
    int status = axis->starts && axis->ends && axis->weights && weights ? 0 : -1;
    for (size_t i = 0; status == 0 && i < after; i++) {
        double centre = ((double)i + 0.5) * scale, first = floor(centre - reach + 0.5), last = floor(centre + reach + 0.5);
        size_t start = first > 0 ? (size_t)first : 0, end = last < (double)before ? (size_t)last : before;
        weigh(weights, start, end, centre, stretch);
        axis->starts[i] = start;
        axis->ends[i] = end;
        for (size_t k = 0; k < end - start; k++) {
            double scaled = weights[k] * (1 << FRACTION_BITS);
            axis->weights[i * axis->taps + k] = (int32_t)(scaled + (scaled < 0 ? -0.5 : 0.5));
        }
    }
    free(weights);
    return status;
}

static void free_axis(Axis *axis) {
    free(axis->starts);
    free(axis->ends);
    free(axis->weights);
}

static void resample_rows(void *context, Team *team, int member, int members) {
    const Job *job = context;
    const Resampling *r = &job->resampling;
    size_t from, to;
    cutout_team_share(r->height, member, members, &from, &to);
    job->kernels.narrow_rows(r, &job->desks[member], from, to);
    cutout_team_wait(team);
    cutout_team_share(r->down.count, member, members, &from, &to);
    job->kernels.lower_rows(r, &job->desks[member], from, to);
}

/* Without the GIL. Returns 0, or -1 without memory. */
static int run(Job *job, size_t height, size_t width, int members) {
    Resampling *r = &job->resampling;
    int ready = make_axis(&r->across, r->width, width) == 0;
    ready = make_axis(&r->down, r->height, height) == 0 && ready;
    r->narrow = malloc(r->height * width * CHANNELS);
    ready = ready && r->narrow != NULL;
    for (int i = 0; i < members; i++) {
        job->desks[i].band = calloc(r->width * PIXEL, BAND);
        job->desks[i].sums = malloc(width * CHANNELS * sizeof(int32_t));
        ready = ready && job->desks[i].band && job->desks[i].sums;
    }
    if (ready) cutout_team_run(members, resample_rows, job);
    for (int i = 0; i < members; i++) {
        free(job->desks[i].band);
        free(job->desks[i].sums);
    }
    free(r->narrow);
    free_axis(&r->down);
    free_axis(&r->across);
    return ready ? 0 : -1;
}

static PyObject *resample(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"pixels", "B", 3, 0}, {"out", "B", 3, 1}};
    enum { PIXELS, OUT, ARRAYS };
    PyObject *objects[ARRAYS];
    int threads;
    if (!PyArg_ParseTuple(arguments, "OOi:resample", &objects[PIXELS], &objects[OUT], &threads)) return NULL;
    if (cutout_check_threads(threads) < 0) return NULL;
    Py_buffer views[ARRAYS];
    if (cutout_take_arrays(objects, specs, views, ARRAYS) < 0) return NULL;

    PyObject *result = NULL;
    for (int i = 0; i < ARRAYS; i++) {
        const Py_ssize_t *shape = views[i].shape;
        int channels = i == PIXELS ? PIXEL : CHANNELS;
        if (shape[2] != channels || shape[0] < 1 || shape[1] < 1 || shape[0] > INT32_MAX || shape[1] > INT32_MAX / PIXEL) {
            PyErr_Format(PyExc_ValueError, "%s must be a picture of %d channels", specs[i].name, channels);
            goto done;
        }
    }
    Job job = {
        .resampling = {.pixels = views[PIXELS].buf, .height = (size_t)views[PIXELS].shape[0], .width = (size_t)views[PIXELS].shape[1], .out = views[OUT].buf},
        .kernels = cutout_lanczos_kernels(),
    };
    int status;
    Py_BEGIN_ALLOW_THREADS
    status = run(&job, (size_t)views[OUT].shape[0], (size_t)views[OUT].shape[1], threads);
    Py_END_ALLOW_THREADS
    result = status < 0 ? PyErr_NoMemory() : Py_NewRef(Py_None);
done:
    cutout_release_arrays(views, ARRAYS);
    return result;
}

PyMethodDef cutout_lanczos_methods[] = {
    {"resample", resample, METH_VARARGS, "resample(pixels, out, threads)"},
    {NULL, NULL, 0, NULL},
};
