/* A PNG encoder (ISO/IEC 15948; deflate: RFC 1951, zlib: RFC 1950) made for cutouts: large areas of one colour, and photographs with
 * sensor noise, whose filtered bytes hold few matches but are far from uniform.
 *
 * The picture is cut into strips of whole rows. Each is filtered and compressed on its own, by whichever thread is free, ends on a byte
 * (an empty stored block, which zlib calls a sync flush), and becomes one IDAT chunk.
 */
#ifndef CUTOUT_PNG_H
#define CUTOUT_PNG_H

#include <stddef.h>
#include <stdint.h>

/* ---- filters: png_filter.c */

enum { FILTER_NONE, FILTER_SUB, FILTER_UP, FILTER_AVERAGE, FILTER_PAETH, FILTER_COUNT };

/* Filter one row of `length` bytes into `filtered`: its filter's number, then `length` bytes. `above` is NULL for the first row.
 * Of None, Sub, Up and Paeth, the one whose residuals have the least sum of magnitudes. */
typedef void (*PngFilterRow)(uint8_t *filtered, const uint8_t *row, const uint8_t *above, size_t length, size_t pixel);

/* Adler-32 (RFC 1950, section 8.2), begun with 1. */
typedef uint32_t (*PngAdler)(const uint8_t *bytes, size_t length);

typedef struct {
    PngFilterRow filter_row;
    PngAdler adler;
} PngKernels;

/* The variant for this processor. */
PngKernels cutout_png_kernels(void);

/* ---- checksums: png_checksum.c */

/* The Adler-32 of two pieces together, `length` being the second's. */
uint32_t cutout_png_adler_join(uint32_t first, uint32_t second, size_t length);

/* CRC-32 as PNG has it, continued from `crc` (begin with 0). */
uint32_t cutout_png_crc(uint32_t crc, const uint8_t *bytes, size_t length);

/* ---- Huffman codes: png_huffman.c */

enum { LITERAL_SYMBOLS = 286, DISTANCE_SYMBOLS = 30, MOST_SYMBOLS = LITERAL_SYMBOLS };

typedef struct {
    uint16_t bits[MOST_SYMBOLS]; /* the first bit to be written is the lowest */
    uint8_t lengths[MOST_SYMBOLS];
} HuffmanCode;

/* The code for these frequencies, no length above `longest`. Symbols of frequency 0 have length 0, but at least two have a code. */
void cutout_huffman_make(HuffmanCode *code, const uint32_t *frequencies, int symbols, int longest);

/* ---- deflate: png_deflate.c */

typedef struct Deflater Deflater;

/* NULL without memory. It serves any number of strips, one after another. */
Deflater *cutout_deflater_new(int thorough);
void cutout_deflater_free(Deflater *deflater);

/* What a strip can take at most: stored blocks, should nothing else be shorter. */
size_t cutout_deflate_bound(size_t length);

/* Write the blocks of a strip, ending on a byte; with `last`, the end of the stream. Returns the number of bytes. `bytes` must be
 * readable, and `out` writable, for DEFLATE_SLACK bytes past their ends. */
enum { DEFLATE_SLACK = 16 };
size_t cutout_deflate(Deflater *deflater, const uint8_t *bytes, size_t length, int last, uint8_t *out);

#endif
