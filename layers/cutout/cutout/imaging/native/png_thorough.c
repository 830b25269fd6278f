/* The cheapest way through the matches that there are: a shortest path (Katajainen & Raita 1989, "An approximation algorithm for
 * space-optimal encoding of a text"). A position can be left by a literal, or by a match that begins there, whole or a little shortened, each
 * at its price by the code of the block before.
 */
#include "png_deflate.h"

enum {
    NICE = 20,               /* a match of this length is taken without looking further */
    SHORTENED = 2,           /* a match may also end so many bytes early; still shorter parts are hardly ever on the cheapest way */
    BLOCK_BYTES = 32 * 1024, /* through which a way was sought: here a code of its own for few symbols pays off, since prices follow it */
};

/* Turn the cheapest way to step `last` into sequences. `start` is where the literals begin that wait for one; returns the new start. */
static const uint8_t *add_way(Deflater *d, const uint8_t *start, const uint8_t *base, size_t last) {
    Step *steps = d->steps;
    Step next = {0, 0, 0};
    for (size_t at = last; at > 0;) { /* backwards, so that each step then says how its position is left */
        Step step = steps[at];
        steps[at] = next;
        next = step;
        at -= step.length;
    }
    steps[0] = next;
    for (size_t at = 0; at < last; at += steps[at].length) {
        if (steps[at].length == 1) continue;
        cutout_deflate_add(d, start, (size_t)(base + at - start), steps[at].length, steps[at].distance);
        start = base + at + steps[at].length;
    }
    return start;
}

/* A way to step `at`, taken if it is the cheapest so far. Steps beyond `reached` have none yet. */
static inline void offer(Step *steps, size_t *reached, size_t at, uint32_t price, size_t length, size_t distance) {
    while (*reached < at) steps[++*reached].price = UINT32_MAX;
    if (price < steps[at].price) steps[at] = (Step){price, (uint16_t)length, (uint16_t)distance};
}

/* A match, of at least a word, that begins at step `at`. */
static inline void offer_match(Deflater *d, size_t *reached, size_t at, size_t length, size_t distance) {
    uint32_t price = d->steps[at].price + d->distance_price[distance_symbol((uint32_t)distance)];
    for (size_t i = length - SHORTENED; i <= length; i++) offer(d->steps, reached, at + i, price + d->length_price[i], i, distance);
}

size_t cutout_deflate_parse_thoroughly(Deflater *d, const uint8_t *bytes, size_t from, size_t end) {
    const uint8_t *start = bytes + from;
    size_t at = from, sought = 0;
    while (at < end && d->sequence_count < BLOCK_SEQUENCES - SEGMENT / SHORTEST_MATCH - 2 && sought < BLOCK_BYTES) {
        size_t base = at, reached = 0, length = 0, distance = 0;
        d->steps[0].price = 0;
        for (; at < end && at - base < SEGMENT; at++) {
            size_t step = at - base;
            offer(d->steps, &reached, step + 1, d->steps[step].price + d->literal_price[bytes[at]], 1, 0);
            if (at + WORD > end) continue;
            distance = 1;
            length = run_length(bytes, at, end);
            if (length >= NICE) break;
            if (length > 0) offer_match(d, &reached, step, length, distance);
            distance = last_seen(d, bytes, at);
            if (distance == 0) continue;
            length = common_length(bytes + at, bytes + at - distance, end - at < LONGEST_MATCH ? end - at : LONGEST_MATCH);
            if (length >= NICE) break;
            offer_match(d, &reached, step, length, distance);
        }
        start = add_way(d, start, bytes + base, at - base);
        sought += at - base;
        if (at == end || at - base == SEGMENT) continue; /* else it was left for a long match */
        cutout_deflate_add(d, start, (size_t)(bytes + at - start), length, distance);
        at += length;
        start = bytes + at;
    }
    if (start < bytes + at) cutout_deflate_add(d, start, (size_t)(bytes + at - start), 0, 0);
    return at;
}
