/* What the parsers (png_parse.c, png_thorough.c) and the writer (png_deflate.c) share: symbols (RFC 1951, section 3.2.5), their counts and
 * prices, what a block consists of, and where bytes were seen before. */
#ifndef CUTOUT_PNG_DEFLATE_H
#define CUTOUT_PNG_DEFLATE_H

#include <string.h>

#include "png.h"

enum {
    LONGEST_MATCH = 258,
    SHORTEST_MATCH = 3,
    WINDOW = 32768,
    END_OF_BLOCK = 256,

    WORD = 8, /* matches of fewer bytes seldom pay off among filtered bytes: they aren't looked for */
    HASH_BITS = 13,
    BLOCK_SEQUENCES = 1 << 14,
    SEGMENT = 4096, /* bytes through which the cheapest way is sought at a time */
    COUNTERS = 4,   /* so that equal bytes in a row don't wait for each other's count */
};

/* Some literals, then a copy: of `length` bytes (any number; 0 at the end of a block) from `distance` back. */
typedef struct {
    uint32_t literals;
    uint32_t length;
    uint32_t distance;
} Sequence;

/* One step of the cheapest way to a position: a literal (length 1) or a copy. */
typedef struct {
    uint32_t price; /* of the whole way, in bits */
    uint16_t length, distance;
} Step;

struct Deflater {
    int thorough;
    uint32_t recent[1 << HASH_BITS]; /* the last position of each hash; 0 where there is none */
    Step steps[SEGMENT + LONGEST_MATCH];

    Sequence sequences[BLOCK_SEQUENCES];
    int sequence_count;
    uint32_t literal_counts[COUNTERS][256];
    uint32_t literal_frequencies[LITERAL_SYMBOLS]; /* of literals only once the counters are added up */
    uint32_t distance_frequencies[DISTANCE_SYMBOLS];
    HuffmanCode literals, distances;

    /* What each takes in bits, extra bits included, by the block before. */
    uint8_t literal_price[256], length_price[LONGEST_MATCH + 1], distance_price[DISTANCE_SYMBOLS];
};

/* Find the sequences of a block that begins at `from`, and count its symbols. Returns where it ends. */
size_t cutout_deflate_parse(Deflater *deflater, const uint8_t *bytes, size_t from, size_t end);
size_t cutout_deflate_parse_thoroughly(Deflater *deflater, const uint8_t *bytes, size_t from, size_t end);

/* Append to the block. */
void cutout_deflate_add(Deflater *deflater, const uint8_t *literals, size_t count, size_t length, size_t distance);

/* The prices before there is a block: by the counts of the strip's first bytes. */
void cutout_deflate_guess_prices(Deflater *deflater, const uint8_t *bytes, size_t length);
/* The prices by the code of the block just written. */
void cutout_deflate_learn_prices(Deflater *deflater);

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

static inline uint64_t load64(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline size_t common_length(const uint8_t *a, const uint8_t *b, size_t most) {
    size_t length = 0;
    for (; length + WORD <= most; length += WORD) {
        uint64_t differ = load64(a + length) ^ load64(b + length);
        if (differ != 0) return length + ((size_t)__builtin_ctzll(differ) >> 3);
    }
    while (length < most && a[length] == b[length]) length++;
    return length;
}

/* How far back the word at this position was last seen, 0 if it wasn't; and remember the position. */
static inline size_t last_seen(Deflater *d, const uint8_t *bytes, size_t at) {
    uint64_t word = load64(bytes + at);
    uint32_t *slot = &d->recent[word * 0x9E3779B97F4A7C15u >> (64 - HASH_BITS)]; /* 2^64 over the golden ratio */
    size_t distance = at - *slot;
    /* All of it is looked at, since each part alone is a coin's toss; an empty slot leads to the strip's first word. */
    int seen = (load64(bytes + *slot) == word) & (distance - 1 < WINDOW);
    *slot = (uint32_t)at;
    return seen ? distance : 0;
}

/* How many of the next bytes are as the one before them; 0 if fewer than a word's. */
static inline size_t run_length(const uint8_t *bytes, size_t at, size_t end) {
    if (at == 0 || load64(bytes + at) != load64(bytes + at - 1)) return 0;
    return common_length(bytes + at, bytes + at - 1, end - at);
}

#endif
