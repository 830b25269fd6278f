/* The unknown band of a picture as short rows of pixels, so that kernels run over it without gaps and without indices.
 *
 * The picture is cut into segments of SEGMENT pixels of one row, aligned. A *live* segment has an unknown pixel. A vector over the band
 * keeps SEGMENT numbers for each slot; slots of neighbouring segments in a row are neighbours in memory, and every row of live segments
 * has a slot of zeros at either end. Reading up to SEGMENT places to the left or right of a live segment is thus always inside the
 * vector, and gives zero outside the band.
 */
#ifndef CUTOUT_BAND_H
#define CUTOUT_BAND_H

#include <stddef.h>
#include <stdint.h>

enum { SEGMENT = 16, REACH = 2 };

typedef struct {
    int32_t row, column;           /* of its first pixel */
    int32_t slots[2 * REACH + 1];  /* of the segments in the same column, rows -2 to +2; slot 1 (zeros) where there is none */
} Segment;

typedef struct {
    Segment *segments; /* the live ones, in reading order */
    size_t live;
    size_t slots; /* vectors have slots * SEGMENT numbers */
} Band;

/* 0 is background, 255 subject. */
static inline int cutout_is_unknown(uint8_t value) { return (uint8_t)(value - 1) < 254; }

/* Returns 0, or -1 without memory. `trimap` is (height, width). Free with cutout_band_free. */
int cutout_band_make(const uint8_t *trimap, ptrdiff_t height, ptrdiff_t width, Band *band);
void cutout_band_free(Band *band);

#endif
