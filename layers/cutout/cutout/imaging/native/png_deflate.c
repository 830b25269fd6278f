/* Deflate for filtered rows. The code of each block is made from the block's own counts; a block that it doesn't shorten is stored. */
#include "png_deflate.h"

#include <stdlib.h>
#include <string.h>

enum {
    LONGEST_STORED = 65535,
    /* Four codes and the seven bits that may be pending fit 64. */
    LITERAL_LIMIT = 14,
    DISTANCE_LIMIT = 15,
    PRECODE_LIMIT = 7,
    PRECODE_SYMBOLS = 19,
};

typedef struct {
    uint8_t *out;
    uint64_t bits;
    unsigned count;
} BitWriter;

Deflater *cutout_deflater_new(int thorough) {
    Deflater *deflater = malloc(sizeof(Deflater));
    if (deflater != NULL) deflater->thorough = thorough;
    return deflater;
}

void cutout_deflater_free(Deflater *deflater) { free(deflater); }

size_t cutout_deflate_bound(size_t length) {
    /* A stored block takes at most 6 bytes more than it holds, the last bits of the one before included; the empty one at the end too. */
    return length + (length / LONGEST_STORED + length / BLOCK_SEQUENCES + 3) * 6;
}

static inline void put(BitWriter *w, uint64_t bits, int count) {
    w->bits |= bits << w->count;
    w->count += (unsigned)count;
}

/* At most 7 bits remain pending. */
static inline void flush(BitWriter *w) {
    uint64_t word = w->bits;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(w->out, &word, sizeof word);
    w->out += w->count >> 3;
    w->bits >>= w->count & ~7u;
    w->count &= 7;
}

static void align(BitWriter *w) {
    w->count = (w->count + 7) & ~7u;
    flush(w);
}

static void write_stored(BitWriter *w, const uint8_t *bytes, size_t length, int last) {
    do {
        size_t count = length < LONGEST_STORED ? length : LONGEST_STORED;
        length -= count;
        put(w, last && length == 0, 3);
        align(w);
        put(w, (uint64_t)count | (uint64_t)(count ^ 0xFFFF) << 16, 32);
        flush(w);
        memcpy(w->out, bytes, count);
        w->out += count;
        bytes += count;
    } while (length > 0);
}

/* The two codes' lengths as a dynamic block begins with them: run lengths, in a Huffman code of their own (RFC 1951, section 3.2.7). */
typedef struct {
    int literal_count, distance_count, precode_count, run_count;
    struct {
        uint8_t symbol, extra;
    } runs[LITERAL_SYMBOLS + DISTANCE_SYMBOLS];
    HuffmanCode precode;
    size_t bits;
} Header;

static const uint8_t PRECODE_ORDER[PRECODE_SYMBOLS] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
static const uint8_t RUN_EXTRA_BITS[] = {2, 3, 7}; /* of symbols 16, 17, 18 */

static void add_run(Header *h, uint32_t *frequencies, int symbol, int extra) {
    h->runs[h->run_count].symbol = (uint8_t)symbol;
    h->runs[h->run_count++].extra = (uint8_t)extra;
    frequencies[symbol]++;
}

static int used_symbols(const HuffmanCode *code, int symbols, int least) {
    while (symbols > least && code->lengths[symbols - 1] == 0) symbols--;
    return symbols;
}

static void make_header(Header *h, const HuffmanCode *literals, const HuffmanCode *distances) {
    uint8_t lengths[LITERAL_SYMBOLS + DISTANCE_SYMBOLS];
    h->literal_count = used_symbols(literals, LITERAL_SYMBOLS, END_OF_BLOCK + 1);
    h->distance_count = used_symbols(distances, DISTANCE_SYMBOLS, 1);
    memcpy(lengths, literals->lengths, (size_t)h->literal_count);
    memcpy(lengths + h->literal_count, distances->lengths, (size_t)h->distance_count);

    uint32_t frequencies[PRECODE_SYMBOLS] = {0};
    h->run_count = 0;
    for (int i = 0, total = h->literal_count + h->distance_count; i < total;) {
        int value = lengths[i], run = 1;
        while (i + run < total && lengths[i + run] == value) run++;
        i += run;
        if (value > 0) {
            add_run(h, frequencies, value, 0);
            run--;
        }
        while (run >= 3) {
            int most = value > 0 ? 6 : run > 10 ? 138 : 10;
            int taken = run < most ? run : most;
            int symbol = value > 0 ? 16 : most == 10 ? 17 : 18;
            add_run(h, frequencies, symbol, taken - (symbol == 18 ? 11 : 3));
            run -= taken;
        }
        while (run-- > 0) add_run(h, frequencies, value, 0);
    }

    cutout_huffman_make(&h->precode, frequencies, PRECODE_SYMBOLS, PRECODE_LIMIT);
    h->precode_count = PRECODE_SYMBOLS;
    while (h->precode_count > 4 && h->precode.lengths[PRECODE_ORDER[h->precode_count - 1]] == 0) h->precode_count--;
    h->bits = 3 + 5 + 5 + 4 + 3 * (size_t)h->precode_count;
    for (int symbol = 0; symbol < PRECODE_SYMBOLS; symbol++)
        h->bits += frequencies[symbol] * (h->precode.lengths[symbol] + (symbol < 16 ? 0u : RUN_EXTRA_BITS[symbol - 16]));
}

static void write_header(BitWriter *w, const Header *h, int last) {
    put(w, (uint64_t)(last != 0) | 2 << 1, 3);
    put(w, (uint64_t)(h->literal_count - 257), 5);
    put(w, (uint64_t)(h->distance_count - 1), 5);
    put(w, (uint64_t)(h->precode_count - 4), 4);
    flush(w);
    for (int i = 0; i < h->precode_count; i++) {
        put(w, h->precode.lengths[PRECODE_ORDER[i]], 3);
        flush(w);
    }
    for (int i = 0; i < h->run_count; i++) {
        int symbol = h->runs[i].symbol;
        put(w, h->precode.bits[symbol], h->precode.lengths[symbol]);
        if (symbol >= 16) put(w, h->runs[i].extra, RUN_EXTRA_BITS[symbol - 16]);
        flush(w);
    }
}

static void write_sequences(BitWriter *writer, const Deflater *d, const uint8_t *bytes) {
    BitWriter w = *writer; /* in registers */
    const uint16_t *bits = d->literals.bits;
    const uint8_t *lengths = d->literals.lengths;
    for (const Sequence *s = d->sequences, *end = s + d->sequence_count; s < end; s++) {
        size_t i = 0;
        for (; i + 4 <= s->literals; i += 4) {
            for (int k = 0; k < 4; k++) put(&w, bits[bytes[i + k]], lengths[bytes[i + k]]);
            flush(&w);
        }
        for (; i < s->literals; i++) {
            put(&w, bits[bytes[i]], lengths[bytes[i]]);
            flush(&w);
        }
        bytes += s->literals + s->length;
        if (s->length == 0) continue;

        int symbol = distance_symbol(s->distance), extra = distance_extra_bits(symbol);
        uint64_t distance = d->distances.bits[symbol] | (uint64_t)((s->distance - 1) & ((1u << extra) - 1)) << d->distances.lengths[symbol];
        int distance_length = d->distances.lengths[symbol] + extra;
        for (uint32_t left = s->length; left > 0;) {
            uint32_t piece = next_piece(left);
            left -= piece;
            symbol = length_symbol(piece);
            extra = length_extra_bits(symbol);
            put(&w, bits[symbol], lengths[symbol]);
            put(&w, (piece - SHORTEST_MATCH) & ((1u << extra) - 1), extra);
            put(&w, distance, distance_length);
            flush(&w);
        }
    }
    put(&w, bits[END_OF_BLOCK], lengths[END_OF_BLOCK]);
    flush(&w);
    *writer = w;
}

static void write_block(BitWriter *w, Deflater *d, const uint8_t *bytes, size_t length, int last) {
    for (int symbol = 0; symbol < 256; symbol++)
        for (int k = 0; k < COUNTERS; k++) d->literal_frequencies[symbol] += d->literal_counts[k][symbol];
    d->literal_frequencies[END_OF_BLOCK] = 1;
    cutout_huffman_make(&d->literals, d->literal_frequencies, LITERAL_SYMBOLS, LITERAL_LIMIT);
    cutout_huffman_make(&d->distances, d->distance_frequencies, DISTANCE_SYMBOLS, DISTANCE_LIMIT);

    Header header;
    make_header(&header, &d->literals, &d->distances);
    size_t bits = header.bits;
    for (int symbol = 0; symbol < LITERAL_SYMBOLS; symbol++)
        bits += (size_t)d->literal_frequencies[symbol] *
                (size_t)(d->literals.lengths[symbol] + (symbol > END_OF_BLOCK ? length_extra_bits(symbol) : 0));
    for (int symbol = 0; symbol < DISTANCE_SYMBOLS; symbol++)
        bits += (size_t)d->distance_frequencies[symbol] * (size_t)(d->distances.lengths[symbol] + distance_extra_bits(symbol));

    if (bits / 8 >= length + (length / LONGEST_STORED + 1) * 5) {
        write_stored(w, bytes, length, last);
    } else {
        write_header(w, &header, last);
        write_sequences(w, d, bytes);
    }
}

size_t cutout_deflate(Deflater *d, const uint8_t *bytes, size_t length, int last, uint8_t *out) {
    size_t (*parse)(Deflater *, const uint8_t *, size_t, size_t) = d->thorough ? cutout_deflate_parse_thoroughly : cutout_deflate_parse;
    BitWriter w = {out, 0, 0};
    memset(d->recent, 0, sizeof d->recent);
    cutout_deflate_guess_prices(d, bytes, length);
    for (size_t from = 0; from < length;) {
        d->sequence_count = 0;
        memset(d->literal_counts, 0, sizeof d->literal_counts);
        memset(d->literal_frequencies, 0, sizeof d->literal_frequencies);
        memset(d->distance_frequencies, 0, sizeof d->distance_frequencies);
        size_t to = parse(d, bytes, from, length);
        write_block(&w, d, bytes + from, to - from, last && to == length);
        cutout_deflate_learn_prices(d);
        from = to;
    }
    if (last) {
        align(&w);
    } else {
        write_stored(&w, bytes, 0, 0);
    }
    return (size_t)(w.out - out);
}
