/* The two checksums of a PNG: CRC-32 of its chunks, Adler-32 of what its stream holds (joined here, computed in png_kernel.h). */
#include <pthread.h>
#include <string.h>

#include "png.h"

enum { ADLER_BASE = 65521, SLICES = 8 };

uint32_t cutout_png_adler_join(uint32_t first, uint32_t second, size_t length) {
    /* Each byte of the second piece adds to its high half what the first's low half was, instead of 1. */
    uint64_t a = first & 0xFFFF, b = first >> 16;
    uint64_t rest = length % ADLER_BASE;
    uint64_t low = a + (second & 0xFFFF) + ADLER_BASE - 1;
    uint64_t high = b + (second >> 16) + rest * (a + ADLER_BASE - 1);
    return (uint32_t)(low % ADLER_BASE) | (uint32_t)(high % ADLER_BASE) << 16;
}

/* tables[k][byte]: the effect of a byte followed by k zero bytes, so that eight bytes are looked up side by side. */
static uint32_t tables[SLICES][256];

static void make_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
        tables[0][byte] = crc;
    }
    for (int slice = 1; slice < SLICES; slice++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = tables[slice - 1][byte];
            tables[slice][byte] = before >> 8 ^ tables[0][before & 0xFF];
        }
}

uint32_t cutout_png_crc(uint32_t crc, const uint8_t *bytes, size_t length) {
    static pthread_once_t made = PTHREAD_ONCE_INIT;
    pthread_once(&made, make_tables);
    crc = ~crc;
    for (; length >= SLICES; length -= SLICES, bytes += SLICES) {
        crc ^= (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
        crc = tables[7][crc & 0xFF] ^ tables[6][crc >> 8 & 0xFF] ^ tables[5][crc >> 16 & 0xFF] ^ tables[4][crc >> 24] ^
              tables[3][bytes[4]] ^ tables[2][bytes[5]] ^ tables[1][bytes[6]] ^ tables[0][bytes[7]];
    }
    while (length-- > 0) crc = crc >> 8 ^ tables[0][(crc ^ *bytes++) & 0xFF];
    return ~crc;
}
