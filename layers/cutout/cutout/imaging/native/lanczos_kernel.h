/* The two passes. Included with KERNEL(name), TARGET, LANES, the 32-bit numbers in a vector, and WIDEN(bytes), which loads so many bytes as
 * such a vector, defined; see levels.h. */

/* Named, since compilers that see only the loops take them apart into bytes. */
typedef int32_t KERNEL(Sums) __attribute__((vector_size(LANES * sizeof(int32_t))));

enum { KERNEL(VECTORS) = PIXEL * BAND / LANES };

TARGET static inline uint8_t KERNEL(rounded)(int32_t sum) {
    sum = (sum + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS;
    return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

/* Turn `rows` rows on their side. What the others of the band hold doesn't matter. */
TARGET static void KERNEL(fill_band)(uint8_t *restrict band, const uint8_t *restrict top, size_t width, size_t rows) {
    if (rows == BAND) {
        for (size_t i = 0; i < width; i++)
            for (size_t r = 0; r < BAND; r++) memcpy(band + (i * BAND + r) * PIXEL, top + (r * width + i) * PIXEL, PIXEL);
    } else {
        for (size_t i = 0; i < width; i++)
            for (size_t r = 0; r < rows; r++) memcpy(band + (i * BAND + r) * PIXEL, top + (r * width + i) * PIXEL, PIXEL);
    }
}

/* Rows from..to of `narrow`. */
TARGET static void KERNEL(narrow_rows)(const Resampling *job, const LanczosDesk *desk, size_t from, size_t to) {
    const Axis *axis = &job->across;
    size_t narrow = axis->count * CHANNELS;
    for (size_t y = from; y < to; y += BAND) {
        size_t rows = to - y < BAND ? to - y : BAND;
        KERNEL(fill_band)(desk->band, job->pixels + y * job->width * PIXEL, job->width, rows);
        for (size_t x = 0; x < axis->count; x++) {
            KERNEL(Sums) sums[KERNEL(VECTORS)] = {{0}};
            const int32_t *weight = axis->weights + x * axis->taps;
            const uint8_t *end = desk->band + axis->ends[x] * BAND * PIXEL;
            for (const uint8_t *at = desk->band + axis->starts[x] * BAND * PIXEL; at < end; weight++)
                for (size_t v = 0; v < KERNEL(VECTORS); v++, at += LANES) sums[v] += *weight * (KERNEL(Sums))WIDEN(at);
            int32_t each[BAND][PIXEL];
            memcpy(each, sums, sizeof each);
            uint8_t *out = job->narrow + y * narrow + x * CHANNELS;
            for (size_t r = 0; r < rows; r++)
                for (size_t c = 0; c < CHANNELS; c++) out[r * narrow + c] = KERNEL(rounded)(each[r][c]);
        }
    }
}

/* Rows from..to of `out`. */
TARGET static void KERNEL(lower_rows)(const Resampling *job, const LanczosDesk *desk, size_t from, size_t to) {
    const Axis *axis = &job->down;
    size_t length = job->across.count * CHANNELS;
    int32_t *restrict sums = desk->sums;
    for (size_t y = from; y < to; y++) {
        memset(sums, 0, length * sizeof *sums);
        const int32_t *weight = axis->weights + y * axis->taps;
        for (size_t i = axis->starts[y]; i < axis->ends[y]; i++, weight++) {
            const uint8_t *restrict row = job->narrow + i * length;
            for (size_t x = 0; x < length; x++) sums[x] += *weight * row[x];
        }
        uint8_t *restrict out = job->out + y * length;
        for (size_t i = 0; i < length; i++) out[i] = KERNEL(rounded)(sums[i]);
    }
}
