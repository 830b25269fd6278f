/* Finding matches fast, and what they save.
 *
 * Filtered bytes of a photograph are cheap literals, 2 to 5 bits each, and a match from afar takes 20 bits or more: most of the matches
 * that a general compressor would take make the file longer. So each is weighed in bits, by the code of the block before.
 */
#include "png_deflate.h"

enum {
    BLOCK_LITERALS = 1 << 16, /* so many may share a code */
    PATIENCE = 4, /* after 2^PATIENCE bytes without a match every second position is tried, after twice as many every third, and so on */
    WEIGHED = 32, /* the literals that are added up to weigh a match: it is worth it by then */

    SAMPLE = 32768, /* bytes from which prices are guessed */
    USUAL_LENGTH = 7,
    USUAL_DISTANCE = 5,
    /* The prices of symbols that the block before didn't have. */
    UNSEEN_LITERAL = 14,
    UNSEEN_LENGTH = 12,
    UNSEEN_DISTANCE = 8,
};

static inline int word_price(const uint8_t *price, const uint8_t *bytes) {
    int sums[2] = {0};
    for (int i = 0; i < WORD; i++) sums[i % 2] += price[bytes[i]];
    return sums[0] + sums[1];
}

/* Most copies are of little more than a word, so it is added up without a loop's end to be guessed. */
static inline int saves(const Deflater *d, const uint8_t *bytes, size_t length, size_t distance) {
    int bits = -d->length_price[length < LONGEST_MATCH ? length : LONGEST_MATCH] - d->distance_price[distance_symbol((uint32_t)distance)];
    bits += word_price(d->literal_price, bytes);
    if (bits > 0) return 1;
    size_t i = WORD, count = length < WEIGHED ? length : WEIGHED;
    for (; i + WORD <= count; i += WORD) bits += word_price(d->literal_price, bytes + i);
    for (; i < count; i++) bits += d->literal_price[bytes[i]];
    return bits > 0;
}

size_t cutout_deflate_parse(Deflater *d, const uint8_t *bytes, size_t from, size_t end) {
    size_t start = from, at = from, literals = 0;
    while (at + WORD <= end && d->sequence_count < BLOCK_SEQUENCES - 1 && literals + (at - start) < BLOCK_LITERALS) {
        size_t distance = 1, length = run_length(bytes, at, end), back = last_seen(d, bytes, at);
        /* A run of any length is cheap. From further away each piece costs its distance again, and after it there may be something nearer. */
        if (length < LONGEST_MATCH && back > 0) {
            size_t found = common_length(bytes + at, bytes + at - back, end - at < LONGEST_MATCH ? end - at : LONGEST_MATCH);
            if (found > length) {
                length = found;
                distance = back;
            }
        }
        if (length == 0 || !saves(d, bytes + at, length, distance)) {
            at += 1 + ((at - start) >> PATIENCE);
            continue;
        }
        /* Positions that were skipped may belong to it. */
        for (; at > start && at > distance && bytes[at - 1] == bytes[at - 1 - distance]; length++) at--;
        cutout_deflate_add(d, bytes + start, at - start, length, distance);
        literals += at - start;
        start = at += length;
    }
    if (at + WORD > end) at = end;
    if (at > start) cutout_deflate_add(d, bytes + start, at - start, 0, 0);
    return at;
}

void cutout_deflate_add(Deflater *d, const uint8_t *literals, size_t count, size_t length, size_t distance) {
    d->sequences[d->sequence_count++] = (Sequence){(uint32_t)count, (uint32_t)length, (uint32_t)distance};
    size_t i = 0;
    for (; i + COUNTERS <= count; i += COUNTERS)
        for (size_t k = 0; k < COUNTERS; k++) d->literal_counts[k][literals[i + k]]++;
    for (; i < count; i++) d->literal_counts[0][literals[i]]++;

    if (length == 0) return;
    uint32_t pieces = 0;
    for (uint32_t left = (uint32_t)length, piece; left > 0; left -= piece, pieces++) {
        piece = next_piece(left);
        d->literal_frequencies[length_symbol(piece)]++;
    }
    d->distance_frequencies[distance_symbol((uint32_t)distance)] += pieces;
}

void cutout_deflate_guess_prices(Deflater *d, const uint8_t *bytes, size_t length) {
    uint32_t frequencies[256] = {0};
    HuffmanCode code;
    /* Without the insides of runs, which won't be literals. */
    for (size_t at = 1; at + WORD <= length && at < SAMPLE; at++)
        frequencies[bytes[at]] += load64(bytes + at) != load64(bytes + at - 1);
    cutout_huffman_make(&code, frequencies, 256, UNSEEN_LITERAL);
    for (int i = 0; i < 256; i++) d->literal_price[i] = code.lengths[i] > 0 ? code.lengths[i] : UNSEEN_LITERAL;
    for (uint32_t i = SHORTEST_MATCH; i <= LONGEST_MATCH; i++)
        d->length_price[i] = (uint8_t)(USUAL_LENGTH + length_extra_bits(length_symbol(i)));
    for (int i = 0; i < DISTANCE_SYMBOLS; i++) d->distance_price[i] = (uint8_t)(USUAL_DISTANCE + distance_extra_bits(i));
}

static inline uint8_t price(int length, int unseen, int extra) { return (uint8_t)((length > 0 ? length : unseen) + extra); }

void cutout_deflate_learn_prices(Deflater *d) {
    for (int i = 0; i < 256; i++) d->literal_price[i] = price(d->literals.lengths[i], UNSEEN_LITERAL, 0);
    for (uint32_t i = SHORTEST_MATCH; i <= LONGEST_MATCH; i++) {
        int symbol = length_symbol(i);
        d->length_price[i] = price(d->literals.lengths[symbol], UNSEEN_LENGTH, length_extra_bits(symbol));
    }
    for (int i = 0; i < DISTANCE_SYMBOLS; i++)
        d->distance_price[i] = price(d->distances.lengths[i], UNSEEN_DISTANCE, distance_extra_bits(i));
}
