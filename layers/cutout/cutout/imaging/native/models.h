/* Local colour models, alpha = a . I + b, one for each cell, and what they say of a pixel; and how numbers on cells become a pixel's. */
#ifndef CUTOUT_MODELS_H
#define CUTOUT_MODELS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    PARTS = 4,         /* a for red, green and blue (per unit of 0-255), then b */
    SIDES = 2 * PARTS, /* a block's foreground, then its background: three colours each, and a number that isn't used */
};

typedef float Four __attribute__((vector_size(16)));

/* Two neighbouring cells that a pixel's centre lies between, in one direction; at the border both are the last one. */
typedef struct {
    int32_t low, high;
    float share; /* of the higher one */
} Place;

/* `scale` is cells per pixel. */
static inline Place cutout_place(ptrdiff_t pixel, double scale, ptrdiff_t cells) {
    double at = ((double)pixel + 0.5) * scale - 0.5;
    if (at < 0) at = 0;
    if (at > (double)(cells - 1)) at = (double)(cells - 1);
    int32_t low = (int32_t)at;
    return (Place){low, low + 1 < cells ? low + 1 : low, (float)(at - low)};
}

static inline void cutout_places(Place *places, ptrdiff_t count, double scale, ptrdiff_t cells) {
    for (ptrdiff_t i = 0; i < count; i++) places[i] = cutout_place(i, scale, cells);
}

/* The row between two rows of `count` numbers. */
static inline void cutout_blend(float *restrict row, const float *restrict upper, const float *restrict lower, float share, size_t count) {
    for (size_t i = 0; i < count; i++) row[i] = upper[i] + share * (lower[i] - upper[i]);
}

/* Four numbers, `stride` apart, between two places of a row. */
static inline Four cutout_between(const float *row, size_t stride, Place across) {
    Four low, high;
    memcpy(&low, row + stride * (size_t)across.low, sizeof low);
    memcpy(&high, row + stride * (size_t)across.high, sizeof high);
    return low + across.share * (high - low);
}

/* What a model says of a pixel's colour. */
static inline float cutout_apply_model(Four model, const uint8_t *rgb) {
    return model[0] * (float)rgb[0] + model[1] * (float)rgb[1] + model[2] * (float)rgb[2] + model[3];
}

#endif
