/* Length-limited Huffman codes (RFC 1951, section 3.2.2). */
#include <string.h>

#include "png.h"

enum { LEVELS = 64, SYMBOL_BITS = 9, SYMBOL_MASK = (1 << SYMBOL_BITS) - 1 };

/* Sort by frequency: by their bytes above the symbol's, lowest first. Frequencies stay below 2^23. */
static void sort(uint32_t *entries, int count) {
    uint32_t other[MOST_SYMBOLS];
    for (int shift = SYMBOL_BITS; shift < 32; shift += 8) {
        int starts[257] = {0};
        for (int i = 0; i < count; i++) starts[(entries[i] >> shift & 0xFF) + 1]++;
        if (starts[1] == count) continue;
        for (int byte = 0; byte < 256; byte++) starts[byte + 1] += starts[byte];
        for (int i = 0; i < count; i++) other[starts[entries[i] >> shift & 0xFF]++] = entries[i];
        memcpy(entries, other, (size_t)count * sizeof *entries);
    }
}

/* How many codes of each length Huffman's tree has, for frequencies that rise. */
static void count_lengths(const uint32_t *entries, int count, int *of_length) {
    /* The two queues of van Leeuwen 1976: leaves as sorted, and inner nodes, which arise in order. */
    uint32_t weight[MOST_SYMBOLS];
    int16_t leaf_parent[MOST_SYMBOLS], node_parent[MOST_SYMBOLS], depth[MOST_SYMBOLS];
    int leaf = 0, node = 0;
    for (int made = 0; made < count - 1; made++) {
        weight[made] = 0;
        for (int child = 0; child < 2; child++) {
            if (leaf < count && (node >= made || entries[leaf] >> SYMBOL_BITS <= weight[node])) {
                leaf_parent[leaf] = (int16_t)made;
                weight[made] += entries[leaf++] >> SYMBOL_BITS;
            } else {
                node_parent[node] = (int16_t)made;
                weight[made] += weight[node++];
            }
        }
    }
    depth[count - 2] = 0;
    for (int i = count - 3; i >= 0; i--) depth[i] = (int16_t)(depth[node_parent[i]] + 1);
    for (int i = 0; i < count; i++) of_length[depth[leaf_parent[i]] + 1]++;
}

/* Move codes that are too long up to the limit, and pay for it by lengthening shorter ones until the code is possible again. */
static void limit_lengths(int *of_length, int longest) {
    uint32_t used = 0; /* of the 2^longest codes of the longest length */
    for (int length = LEVELS - 1; length > longest; length--) {
        of_length[longest] += of_length[length];
        of_length[length] = 0;
    }
    for (int length = 1; length <= longest; length++) used += (uint32_t)of_length[length] << (longest - length);
    while (used > 1u << longest) {
        int length = longest - 1;
        while (of_length[length] == 0) length--;
        of_length[length]--;
        of_length[length + 1] += 2;
        of_length[longest]--;
        used--;
    }
}

static uint16_t reversed(uint32_t bits, int length) {
    uint32_t result = 0;
    for (; length > 0; length--, bits >>= 1) result = result << 1 | (bits & 1);
    return (uint16_t)result;
}

void cutout_huffman_make(HuffmanCode *code, const uint32_t *frequencies, int symbols, int longest) {
    uint32_t entries[MOST_SYMBOLS];
    int count = 0;
    for (int symbol = 0; symbol < symbols; symbol++)
        if (frequencies[symbol] > 0) entries[count++] = frequencies[symbol] << SYMBOL_BITS | (uint32_t)symbol;
    /* Some decoders refuse a code of fewer than two symbols, though the standard allows it. */
    for (int symbol = 0; count < 2; symbol++)
        if (frequencies[symbol] == 0) entries[count++] = 1u << SYMBOL_BITS | (uint32_t)symbol;
    sort(entries, count);

    int of_length[LEVELS] = {0};
    count_lengths(entries, count, of_length);
    limit_lengths(of_length, longest);

    memset(code->lengths, 0, sizeof code->lengths);
    uint32_t next[LEVELS] = {0};
    for (int length = longest, i = 0; length > 0; length--)
        for (int left = of_length[length]; left > 0; left--) code->lengths[entries[i++] & SYMBOL_MASK] = (uint8_t)length;
    for (int length = 1; length < longest; length++) next[length + 1] = (next[length] + (uint32_t)of_length[length]) << 1;
    for (int symbol = 0; symbol < symbols; symbol++) {
        int length = code->lengths[symbol];
        code->bits[symbol] = length > 0 ? reversed(next[length]++, length) : 0;
    }
}
