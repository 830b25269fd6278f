/* What the parsers (png_parse.c) and the writer (png_deflate.c) share: symbols (RFC 1951, section 3.2.5), their counts and costs, and what
 * a block consists of. */
#ifndef CUTOUT_PNG_DEFLATE_H
#define CUTOUT_PNG_DEFLATE_H

#include "png.h"

enum {
    LONGEST_MATCH = 258,
    SHORTEST_MATCH = 3,
    WINDOW = 32768,
    END_OF_BLOCK = 256,

    HASH_BITS = 13,
    /* A block ends when it has so many literals, which suit a code of their own, or sequences. */
    BLOCK_LITERALS = 1 << 16,
    BLOCK_SEQUENCES = 1 << 14,
    COUNTERS = 4, /* so that equal bytes in a row don't wait for each other's count */
};

/* Some literals, then a copy: of `length` bytes (any number; 0 at the end of a block) from `distance` back. */
typedef struct {
    uint32_t literals;
    uint32_t length;
    uint32_t distance;
} Sequence;

struct Deflater {
    uint32_t recent[1 << HASH_BITS]; /* 1 + the last position of each hash; 0: none */
    Sequence sequences[BLOCK_SEQUENCES];
    int sequence_count;

    uint32_t literal_counts[COUNTERS][256];
    uint32_t literal_frequencies[LITERAL_SYMBOLS]; /* of literals only once the counters are added up */
    uint32_t distance_frequencies[DISTANCE_SYMBOLS];
    HuffmanCode literals, distances;

    /* What each takes in bits, extra bits included, by the block before. */
    uint8_t literal_cost[256], length_cost[LONGEST_MATCH + 1], distance_cost[DISTANCE_SYMBOLS];
};

/* Find the sequences of a block that begins at `from`, and count its symbols. Returns where it ends. */
size_t cutout_deflate_parse(Deflater *deflater, const uint8_t *bytes, size_t from, size_t end);

/* The costs before there is a block: by the counts of the strip's first bytes. */
void cutout_deflate_guess_costs(Deflater *deflater, const uint8_t *bytes, size_t length);
/* The costs by the code of the block just written. */
void cutout_deflate_learn_costs(Deflater *deflater);

static inline int log2_of(uint32_t x) { return 31 - __builtin_clz(x); }

static inline int length_symbol(uint32_t length) {
    uint32_t x = length - SHORTEST_MATCH;
    if (length == LONGEST_MATCH) return 285;
    if (x < 8) return 257 + (int)x;
    int n = log2_of(x);
    return 257 + 4 * (n - 1) + (int)(x >> (n - 2) & 3);
}

static inline int length_extra_bits(int symbol) { return symbol < 265 || symbol == 285 ? 0 : (symbol - 261) / 4; }

static inline int distance_symbol(uint32_t distance) {
    uint32_t x = distance - 1;
    if (x < 4) return (int)x;
    int n = log2_of(x);
    return 2 * n + (int)(x >> (n - 1) & 1);
}

static inline int distance_extra_bits(int symbol) { return symbol < 4 ? 0 : symbol / 2 - 1; }

/* The next piece of a copy of any length, such that what is left isn't too short to be one. */
static inline uint32_t next_piece(uint32_t left) {
    if (left <= LONGEST_MATCH) return left;
    return left - LONGEST_MATCH < SHORTEST_MATCH ? left - SHORTEST_MATCH : LONGEST_MATCH;
}

#endif
