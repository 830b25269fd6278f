/* Filters and Adler-32, written for vectors. Included with KERNEL(name) and TARGET defined; see levels.h. */

enum { KERNEL(BLOCK) = 1024 };

TARGET static inline uint32_t KERNEL(magnitudes)(const uint8_t *residuals, size_t length) {
    uint32_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        uint8_t x = residuals[i], y = (uint8_t)-x;
        sum += x < y ? x : y;
    }
    return sum;
}

TARGET static inline void KERNEL(differences)(uint8_t *restrict out, const uint8_t *restrict row, const uint8_t *restrict predicted,
                                              size_t length) {
    for (size_t i = 0; i < length; i++) out[i] = (uint8_t)(row[i] - predicted[i]);
}

/* row points at the first byte that has a left neighbour, pixel bytes before it. */
TARGET static inline void KERNEL(paeth)(uint8_t *restrict out, const uint8_t *restrict row, const uint8_t *restrict left,
                                        const uint8_t *restrict above, const uint8_t *restrict corner, size_t length) {
    for (size_t i = 0; i < length; i++) {
        int16_t a = left[i], b = above[i], c = corner[i];
        int16_t to_a = (int16_t)(b - c), to_b = (int16_t)(a - c), to_c = (int16_t)(to_a + to_b);
        to_a = (int16_t)(to_a < 0 ? -to_a : to_a);
        to_b = (int16_t)(to_b < 0 ? -to_b : to_b);
        to_c = (int16_t)(to_c < 0 ? -to_c : to_c);
        int16_t nearer = to_b <= to_c ? b : c;
        int16_t predicted = to_a <= to_b && to_a <= to_c ? a : nearer;
        out[i] = (uint8_t)(row[i] - predicted);
    }
}

/* `count` residuals from byte `from` of the row on. Before the row, and above the first one, everything counts as 0. */
TARGET static void KERNEL(apply)(int filter, uint8_t *out, const uint8_t *row, const uint8_t *above, size_t from, size_t count,
                                 size_t pixel) {
    size_t edge = from < pixel ? pixel - from : 0; /* the bytes of the first pixel have no left neighbour */
    if (edge > count) edge = count;
    const uint8_t *here = row + from + edge;
    switch (filter) {
        case FILTER_NONE: memcpy(out, row + from, count); break;
        case FILTER_SUB:
            memcpy(out, row + from, edge);
            KERNEL(differences)(out + edge, here, here - pixel, count - edge);
            break;
        case FILTER_UP: KERNEL(differences)(out, row + from, above + from, count); break;
        default: /* FILTER_PAETH, which without a left neighbour predicts what is above */
            KERNEL(differences)(out, row + from, above + from, edge);
            KERNEL(paeth)(out + edge, here, here - pixel, above + from + edge, above + from + edge - pixel, count - edge);
    }
}

TARGET static void KERNEL(filter_row)(uint8_t *filtered, const uint8_t *row, const uint8_t *above, size_t length, size_t pixel) {
    /* In this order at equal sums: Up is decoded fastest. Above the first row is nothing, where Up is None and Paeth is Sub. */
    static const int candidates[] = {FILTER_UP, FILTER_PAETH, FILTER_SUB, FILTER_NONE};
    int first = above == NULL ? 2 : 0;
    uint64_t sums[4] = {0};
    uint8_t residuals[KERNEL(BLOCK)];
    for (size_t from = 0; from < length; from += KERNEL(BLOCK)) {
        size_t count = length - from < KERNEL(BLOCK) ? length - from : KERNEL(BLOCK);
        for (int i = first; i < 4; i++) {
            KERNEL(apply)(candidates[i], residuals, row, above, from, count, pixel);
            sums[i] += KERNEL(magnitudes)(residuals, count);
        }
    }
    int best = first;
    for (int i = first + 1; i < 4; i++)
        if (sums[i] < sums[best]) best = i;
    filtered[0] = (uint8_t)candidates[best];
    KERNEL(apply)(candidates[best], filtered + 1, row, above, 0, length, pixel);
}

TARGET static uint32_t KERNEL(adler)(const uint8_t *bytes, size_t length) {
    enum { BASE = 65521, GROUP = 64, MOST = 5504 }; /* the most bytes whose sums stay within 32 bits, in whole groups */
    uint32_t a = 1, b = 0;
    while (length > 0) {
        size_t count = length < MOST ? length : MOST;
        length -= count;
        for (; count >= GROUP; count -= GROUP, bytes += GROUP) {
            uint32_t sum = 0, weighted = 0;
            for (int i = 0; i < GROUP; i++) sum += bytes[i];
            for (int i = 0; i < GROUP; i++) weighted += (uint32_t)((uint16_t)(GROUP - i) * bytes[i]);
            b += GROUP * a + weighted;
            a += sum;
        }
        for (; count > 0; count--) b += a += *bytes++;
        a %= BASE;
        b %= BASE;
    }
    return a | b << 16;
}
