/* Foreground estimation's two passes over every pixel: colours summed by blocks, and the estimate put in its place. */
#include "native.h"

/* Sums over blocks of `factor` x `factor` pixels, the last of a row or column smaller: alpha, alpha times R G B, and R G B. */
static void sum_blocks(const uint8_t *rgb, const float *alpha, ptrdiff_t height, ptrdiff_t width, ptrdiff_t factor, float *sums,
                       ptrdiff_t rows, ptrdiff_t columns) {
    const ptrdiff_t plane = rows * columns;
    for (ptrdiff_t y = 0; y < height; y++) {
        const uint8_t *colour = rgb + y * width * 3;
        const float *opacity = alpha + y * width;
        float *row = sums + y / factor * columns;
        for (ptrdiff_t block = 0; block < columns; block++) {
            ptrdiff_t from = block * factor, to = from + factor < width ? from + factor : width;
            float a = 0, ar = 0, ag = 0, ab = 0;
            int32_t r = 0, g = 0, b = 0;
            for (ptrdiff_t x = from; x < to; x++) {
                float share = opacity[x];
                int32_t red = colour[3 * x], green = colour[3 * x + 1], blue = colour[3 * x + 2];
                a += share;
                ar += share * (float)red, ag += share * (float)green, ab += share * (float)blue;
                r += red, g += green, b += blue;
            }
            float *at = row + block;
            at[0] += a, at[plane] += ar, at[2 * plane] += ag, at[3 * plane] += ab;
            at[4 * plane] += (float)r, at[5 * plane] += (float)g, at[6 * plane] += (float)b;
        }
    }
}

/* Two neighbours among `count` block centres and the second's weight, for the pixel at `place`; clamped at the ends. */
typedef struct {
    ptrdiff_t near, far;
    float weight;
} Between;

static Between between(ptrdiff_t place, ptrdiff_t factor, ptrdiff_t count) {
    float at = ((float)place + 0.5f) / (float)factor - 0.5f;
    if (at < 0) at = 0;
    ptrdiff_t near = (ptrdiff_t)at;
    if (near > count - 1) near = count - 1;
    Between result = {near, near + 1 < count ? near + 1 : near, at - (float)near};
    return result;
}

/* F = f + alpha (I - alpha f - (1 - alpha) b) where 0 < alpha < 1: Forte 2021, equation 4, with the means f and b between blocks. */
static void recolour_rows(uint8_t *rgb, const float *alpha, const float *front, const float *back, ptrdiff_t height, ptrdiff_t width,
                          ptrdiff_t factor, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t first_row) {
    const ptrdiff_t plane = rows * columns;
    for (ptrdiff_t y = 0; y < height; y++) {
        Between v = between(first_row + y, factor, rows);
        const ptrdiff_t above = v.near * columns, below = v.far * columns;
        for (ptrdiff_t x = 0; x < width; x++) {
            float share = alpha[y * width + x];
            if (!(share > 0 && share < 1)) continue;
            Between h = between(x, factor, columns);
            uint8_t *colour = rgb + (y * width + x) * 3;
            for (ptrdiff_t ch = 0; ch < 3; ch++) {
                const float *f = front + ch * plane, *b = back + ch * plane;
                float f0 = f[above + h.near] + h.weight * (f[above + h.far] - f[above + h.near]);
                float f1 = f[below + h.near] + h.weight * (f[below + h.far] - f[below + h.near]);
                float b0 = b[above + h.near] + h.weight * (b[above + h.far] - b[above + h.near]);
                float b1 = b[below + h.near] + h.weight * (b[below + h.far] - b[below + h.near]);
                float mean = f0 + v.weight * (f1 - f0), behind = b0 + v.weight * (b1 - b0);
                float value = mean + share * ((float)colour[ch] - share * mean - (1 - share) * behind);
                colour[ch] = (uint8_t)((value < 0 ? 0 : value > 255 ? 255 : value) + 0.5f);
            }
        }
    }
}

static int check_factor(int factor) {
    if (factor >= 1 && factor <= 256) return 0;
    PyErr_Format(PyExc_ValueError, "factor must be 1 to 256");
    return -1;
}

static PyObject *block_sums(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"rgb", "B", 3, 0}, {"alpha", "f", 2, 0}, {"sums", "f", 3, 1}};
    PyObject *objects[3];
    int factor;
    if (!PyArg_ParseTuple(arguments, "OOOi:block_sums", &objects[0], &objects[1], &objects[2], &factor) || check_factor(factor) < 0)
        return NULL;
    Py_buffer views[3];
    if (cutout_take_arrays(objects, specs, views, 3) < 0) return NULL;
    PyObject *result = NULL;
    const Py_ssize_t *shape = views[1].shape;
    const Py_ssize_t coloured[] = {shape[0], shape[1], 3};
    const Py_ssize_t blocks[] = {7, (shape[0] + factor - 1) / factor, (shape[1] + factor - 1) / factor};
    if (cutout_check_shape(&views[0], "rgb", coloured, 3) == 0 && cutout_check_shape(&views[2], "sums", blocks, 3) == 0) {
        Py_BEGIN_ALLOW_THREADS
        sum_blocks(views[0].buf, views[1].buf, shape[0], shape[1], factor, views[2].buf, blocks[1], blocks[2]);
        Py_END_ALLOW_THREADS
        result = Py_NewRef(Py_None);
    }
    cutout_release_arrays(views, 3);
    return result;
}

static PyObject *recolour(PyObject *module, PyObject *arguments) {
    static const ArraySpec specs[] = {{"rgb", "B", 3, 1}, {"alpha", "f", 2, 0}, {"front", "f", 3, 0}, {"back", "f", 3, 0}};
    PyObject *objects[4];
    int factor;
    Py_ssize_t first_row;
    if (!PyArg_ParseTuple(arguments, "OOOOin:recolour", &objects[0], &objects[1], &objects[2], &objects[3], &factor, &first_row) ||
        check_factor(factor) < 0)
        return NULL;
    Py_buffer views[4];
    if (cutout_take_arrays(objects, specs, views, 4) < 0) return NULL;
    PyObject *result = NULL;
    const Py_ssize_t *shape = views[1].shape, *blocks = views[2].shape;
    const Py_ssize_t coloured[] = {shape[0], shape[1], 3}, means[] = {3, blocks[1], blocks[2]};
    if (blocks[1] < 1 || blocks[2] < 1 || first_row < 0) {
        PyErr_Format(PyExc_ValueError, "there must be a block, and rows count from 0");
    } else if (cutout_check_shape(&views[0], "rgb", coloured, 3) == 0 && cutout_check_shape(&views[2], "front", means, 3) == 0 &&
               cutout_check_shape(&views[3], "back", means, 3) == 0) {
        Py_BEGIN_ALLOW_THREADS
        recolour_rows(views[0].buf, views[1].buf, views[2].buf, views[3].buf, shape[0], shape[1], factor, blocks[1], blocks[2], first_row);
        Py_END_ALLOW_THREADS
        result = Py_NewRef(Py_None);
    }
    cutout_release_arrays(views, 4);
    return result;
}

PyMethodDef cutout_foreground_methods[] = {
    {"block_sums", block_sums, METH_VARARGS, "block_sums(rgb, alpha, sums, factor)"},
    {"recolour", recolour, METH_VARARGS, "recolour(rgb, alpha, front, back, factor, first_row)"},
    {NULL, NULL, 0, NULL},
};
