/* Resampling of pictures by a LANCZOS window of three lobes (Duchon 1979), in the fixed-point arithmetic of Pillow, to the bit: networks
 * are compared on what they see. */
#ifndef CUTOUT_LANCZOS_H
#define CUTOUT_LANCZOS_H

#include <stddef.h>
#include <stdint.h>

enum {
    CHANNELS = 3,
    PIXEL = 4,          /* bytes: the fourth is no colour */
    FRACTION_BITS = 22, /* of a weight */
    BAND = 16,          /* rows that are narrowed together, so that vectors run across them */
};

/* One direction: new sample i is a weighted sum of the old ones from starts[i] to ends[i], by the weights from i * taps on. */
typedef struct {
    size_t count, taps;
    size_t *starts, *ends;
    int32_t *weights;
} Axis;

typedef struct {
    const uint8_t *pixels;
    size_t height, width;
    Axis across, down;
    uint8_t *narrow; /* (height, across.count, 3) */
    uint8_t *out;    /* (down.count, across.count, 3) */
} Resampling;

/* What one thread works in. */
typedef struct {
    uint8_t *band; /* width * BAND * PIXEL: each pixel of a band of rows, one below the other */
    int32_t *sums; /* across.count * CHANNELS */
} LanczosDesk;

typedef struct {
    void (*narrow_rows)(const Resampling *job, const LanczosDesk *desk, size_t from, size_t to);
    void (*lower_rows)(const Resampling *job, const LanczosDesk *desk, size_t from, size_t to);
} LanczosKernels;

/* The variant for this processor. */
LanczosKernels cutout_lanczos_kernels(void);

#endif
