/* Finding matches, by what they save.
 *
 * Filtered bytes of a photograph are cheap literals, 2 to 5 bits each, and a match from afar takes 20 bits or more: most of the matches
 * that a general compressor would take make the file longer. So each is weighed in bits, by the code of the block before.
 */
#include <string.h>

#include "png_deflate.h"

enum {
    WORD = 8,
    HASHED = 6,    /* shorter matches pay off too seldom to be looked for */
    PATIENCE = 5,  /* after 2^PATIENCE bytes without a match every second position is tried, after twice as many every third, and so on */
    WEIGHED = 32,  /* the literals that are added up to weigh a match: it is worth it by then */
    UNSEEN_LENGTH = 12, /* the cost of symbols that the block before didn't have */
    UNSEEN_DISTANCE = 8,
    UNSEEN_LITERAL = 14,
    SAMPLE = 32768,
};

static inline uint64_t load64(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline uint64_t hashed_part(uint64_t word) { return word << 8 * (WORD - HASHED); }

static inline size_t common_length(const uint8_t *a, const uint8_t *b, size_t most) {
    size_t length = 0;
    for (; length + WORD <= most; length += WORD) {
        uint64_t differ = load64(a + length) ^ load64(b + length);
        if (differ != 0) return length + ((size_t)__builtin_ctzll(differ) >> 3);
    }
    while (length < most && a[length] == b[length]) length++;
    return length;
}

static inline int saves(const Deflater *d, const uint8_t *bytes, size_t length, size_t distance) {
    int bits = -d->length_cost[length < LONGEST_MATCH ? length : LONGEST_MATCH] - d->distance_cost[distance_symbol((uint32_t)distance)];
    for (size_t i = 0, count = length < WEIGHED ? length : WEIGHED; i < count; i++) bits += d->literal_cost[bytes[i]];
    return bits > 0;
}

static void add_sequence(Deflater *d, const uint8_t *literals, size_t count, size_t length, size_t distance) {
    d->sequences[d->sequence_count++] = (Sequence){(uint32_t)count, (uint32_t)length, (uint32_t)distance};
    size_t i = 0;
    for (; i + COUNTERS <= count; i += COUNTERS)
        for (int k = 0; k < COUNTERS; k++) d->literal_counts[k][literals[i + (size_t)k]]++;
    for (; i < count; i++) d->literal_counts[0][literals[i]]++;

    if (length == 0) return;
    uint32_t pieces = 0;
    for (uint32_t left = (uint32_t)length, piece; left > 0; left -= piece, pieces++) {
        piece = next_piece(left);
        d->literal_frequencies[length_symbol(piece)]++;
    }
    d->distance_frequencies[distance_symbol((uint32_t)distance)] += pieces;
}

size_t cutout_deflate_parse(Deflater *d, const uint8_t *bytes, size_t from, size_t end) {
    size_t start = from, at = from, literals = 0;
    while (at + WORD <= end && d->sequence_count < BLOCK_SEQUENCES - 1 && literals + (at - start) < BLOCK_LITERALS) {
        uint64_t wanted = hashed_part(load64(bytes + at));
        uint32_t *slot = &d->recent[wanted * 0x9E3779B97F4A7C15u >> (64 - HASH_BITS)]; /* 2^64 over the golden ratio */
        size_t seen = *slot, length = 0;
        *slot = (uint32_t)at + 1;
        size_t match = seen - 1, distance = at - match;
        if (seen > 0 && distance <= WINDOW && hashed_part(load64(bytes + match)) == wanted)
            length = HASHED + common_length(bytes + at + HASHED, bytes + match + HASHED, end - at - HASHED);
        if (length == 0 || !saves(d, bytes + at, length, distance)) {
            at += 1 + ((at - start) >> PATIENCE);
            continue;
        }
        /* Positions that were skipped may belong to it. */
        for (; at > start && at > distance && bytes[at - 1] == bytes[at - 1 - distance]; length++) at--;
        add_sequence(d, bytes + start, at - start, length, distance);
        literals += at - start;
        start = at += length;
    }
    if (at + WORD > end) at = end;
    if (at > start) add_sequence(d, bytes + start, at - start, 0, 0);
    return at;
}

void cutout_deflate_guess_costs(Deflater *d, const uint8_t *bytes, size_t length) {
    uint32_t frequencies[256] = {0};
    HuffmanCode code;
    for (size_t i = 0; i < length && i < SAMPLE; i++) frequencies[bytes[i]]++;
    cutout_huffman_make(&code, frequencies, 256, UNSEEN_LITERAL);
    memset(&d->literals, 0, sizeof d->literals);
    memset(&d->distances, 0, sizeof d->distances);
    memcpy(d->literals.lengths, code.lengths, 256);
    cutout_deflate_learn_costs(d);
}

static inline uint8_t cost(int length, int unseen, int extra) { return (uint8_t)((length > 0 ? length : unseen) + extra); }

void cutout_deflate_learn_costs(Deflater *d) {
    for (int i = 0; i < 256; i++) d->literal_cost[i] = cost(d->literals.lengths[i], UNSEEN_LITERAL, 0);
    for (uint32_t i = SHORTEST_MATCH; i <= LONGEST_MATCH; i++) {
        int symbol = length_symbol(i);
        d->length_cost[i] = cost(d->literals.lengths[symbol], UNSEEN_LENGTH, length_extra_bits(symbol));
    }
    for (int i = 0; i < DISTANCE_SYMBOLS; i++) d->distance_cost[i] = cost(d->distances.lengths[i], UNSEEN_DISTANCE, distance_extra_bits(i));
}
