#include "band.h"

#include <stdlib.h>
#include <string.h>

enum { NONE = 1, FIRST = 3 }; /* slots 0, 1 and 2 are zeros: slot 1 and its two neighbours stand for all that isn't there */

static int has_unknown(const uint8_t *row, ptrdiff_t width, ptrdiff_t column) {
    ptrdiff_t end = column + SEGMENT < width ? column + SEGMENT : width;
    int any = 0;
    for (ptrdiff_t x = column; x < end; x++) any |= cutout_is_unknown(row[x]);
    return any;
}

int cutout_band_make(const uint8_t *trimap, ptrdiff_t height, ptrdiff_t width, Band *band) {
    /* One place more at either end of a row, for the zeros beside a segment at the picture's border. */
    size_t columns = (size_t)(width + SEGMENT - 1) / SEGMENT + 2;
    int32_t *map = calloc(columns * (size_t)(height + 2 * REACH), sizeof *map); /* 0 none, -1 zeros, -2 live; then slots */
    memset(band, 0, sizeof *band);
    if (map == NULL) return -1;
    int32_t *rows = map + REACH * columns;

    size_t live = 0;
    for (ptrdiff_t y = 0; y < height; y++) {
        int32_t *row = rows + (size_t)y * columns + 1;
        for (ptrdiff_t x = 0; x < width; x += SEGMENT) {
            if (!has_unknown(trimap + y * width, width, x)) continue;
            int32_t *here = row + x / SEGMENT;
            if (here[-1] == 0) here[-1] = -1;
            here[0] = -2;
            here[1] = -1;
            live++;
        }
    }

    int32_t next = FIRST;
    band->segments = malloc((live ? live : 1) * sizeof *band->segments);
    if (band->segments == NULL) {
        free(map);
        return -1;
    }
    for (ptrdiff_t y = 0; y < height; y++) {
        int32_t *row = rows + (size_t)y * columns;
        for (size_t c = 0; c < columns; c++) {
            if (row[c] == 0) continue;
            if (row[c] == -2) band->segments[band->live++] = (Segment){(int32_t)y, (int32_t)((ptrdiff_t)c - 1) * SEGMENT, {0}};
            row[c] = next++;
        }
    }
    for (size_t i = 0; i < band->live; i++) {
        Segment *segment = &band->segments[i];
        const int32_t *here = rows + (size_t)segment->row * columns + segment->column / SEGMENT + 1;
        for (int dy = -REACH; dy <= REACH; dy++) {
            int32_t slot = here[dy * (ptrdiff_t)columns];
            segment->slots[dy + REACH] = slot ? slot : NONE;
        }
    }
    band->slots = (size_t)next + 1; /* the last row's zeros may be read past */
    free(map);
    return 0;
}

void cutout_band_free(Band *band) {
    free(band->segments);
    band->segments = NULL;
}
