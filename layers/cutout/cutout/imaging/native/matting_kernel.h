/* The closed-form matting Laplacian (Levin, Lischinski & Weiss 2008) on a band, and conjugate gradients on it.
 *
 * Included with REAL (float or double), KERNEL(name) and TARGET defined; see levels.h.
 *
 * For each 3x3 window k with mean colour m and covariance C, the Laplacian has for pixels i, j in it
 *     L_ij += [i = j] - (1 + (I_i - m)' (C + eps/9)^-1 (I_j - m)) / 9.
 * Colours are taken as 9 I - (sum of I over the window): small integers, hence exact.
 */

enum { KERNEL(CHUNK) = 8, KERNEL(LANES) = KERNEL(CHUNK) * SEGMENT, KERNEL(WIDE) = KERNEL(LANES) + 2 * SEGMENT };

typedef struct {
    REAL colour[3][5][KERNEL(WIDE)];  /* rows -2 to +2; lane x of the chunk is at SEGMENT + x */
    REAL known[5][KERNEL(WIDE)];      /* alpha where known, 0 where unknown or outside */
    REAL open[5][KERNEL(WIDE)];       /* 1 where unknown */
    REAL mean[3][3][KERNEL(WIDE)];    /* [row][channel]: nine times the window's mean */
    REAL factor[3][6][KERNEL(WIDE)];  /* [row]: the inverse of the regularised covariance: rr rg rb gg gb bb */
    REAL weight[3][KERNEL(WIDE)];     /* 1/9 where the window lies inside the picture, else 0 */
    REAL entry[STENCIL][KERNEL(LANES)];
    REAL right[KERNEL(LANES)];
    REAL v[3][KERNEL(LANES)];
} KERNEL(Chunk);

/* Colours, known alphas and flags of the chunk's surroundings; clamped at the picture's border, where the windows' weight is 0. */
TARGET static void KERNEL(load)(const MattingSystem *s, KERNEL(Chunk) *c, ptrdiff_t row, ptrdiff_t column, ptrdiff_t lanes) {
    for (ptrdiff_t dy = -2; dy <= 2; dy++) {
        ptrdiff_t y = row + dy < 0 ? 0 : row + dy >= s->height ? s->height - 1 : row + dy;
        int inside_rows = y == row + dy;
        const uint8_t *pixels = s->pixels + y * s->width * 4;
        const uint8_t *trimap = s->trimap + y * s->width;
        const float *alpha = s->alpha + y * s->width;
        for (ptrdiff_t x = -2; x < lanes + 2; x++) {
            ptrdiff_t at = column + x < 0 ? 0 : column + x >= s->width ? s->width - 1 : column + x;
            int inside = inside_rows && at == column + x;
            for (int ch = 0; ch < 3; ch++) c->colour[ch][dy + 2][SEGMENT + x] = (REAL)pixels[at * 4 + ch];
            int open = inside && cutout_is_unknown(trimap[at]);
            c->open[dy + 2][SEGMENT + x] = (REAL)open;
            c->known[dy + 2][SEGMENT + x] = inside && !open ? (REAL)alpha[at] : 0;
        }
    }
}

/* Mean and inverse covariance of each window whose centre is within one pixel of the chunk. */
TARGET static void KERNEL(windows)(const MattingSystem *s, KERNEL(Chunk) *c, ptrdiff_t row, ptrdiff_t column, ptrdiff_t lanes) {
    const REAL ridge = (REAL)(s->epsilon / 9 * (9.0 * 255) * (9.0 * 255));
    for (ptrdiff_t dy = -1; dy <= 1; dy++) {
        int inside_rows = row + dy >= 1 && row + dy < s->height - 1;
        for (ptrdiff_t x = -1; x < lanes + 1; x++) {
            ptrdiff_t at = SEGMENT + x;
            int inside = inside_rows && column + x >= 1 && column + x < s->width - 1;
            c->weight[dy + 1][at] = inside ? (REAL)(1.0 / 9) : 0;
            REAL sum[3];
            for (int ch = 0; ch < 3; ch++) {
                REAL total = 0;
                for (int wy = 0; wy < 3; wy++)
                    for (int wx = -1; wx <= 1; wx++) total += c->colour[ch][dy + 1 + wy][at + wx];
                sum[ch] = total;
                c->mean[dy + 1][ch][at] = total;
            }
            REAL rr = 0, rg = 0, rb = 0, gg = 0, gb = 0, bb = 0;
            for (int wy = 0; wy < 3; wy++)
                for (int wx = -1; wx <= 1; wx++) {
                    REAL r = 9 * c->colour[0][dy + 1 + wy][at + wx] - sum[0];
                    REAL g = 9 * c->colour[1][dy + 1 + wy][at + wx] - sum[1];
                    REAL b = 9 * c->colour[2][dy + 1 + wy][at + wx] - sum[2];
                    rr += r * r, rg += r * g, rb += r * b, gg += g * g, gb += g * b, bb += b * b;
                }
            const REAL ninth = (REAL)(1.0 / 9);
            rr = rr * ninth + ridge, rg *= ninth, rb *= ninth, gg = gg * ninth + ridge, gb *= ninth, bb = bb * ninth + ridge;
            /* By Cholesky factors rather than cofactors: nearly collinear colours cost the latter all their digits. Each pivot is at
             * least the ridge, whatever rounding says. */
            REAL d0 = 1 / rr, l10 = rg * d0, l20 = rb * d0;
            REAL p1 = gg - l10 * rg;
            REAL d1 = 1 / (p1 > ridge ? p1 : ridge);
            REAL q = gb - l20 * rg, l21 = q * d1;
            REAL p2 = bb - l20 * rb - l21 * q;
            REAL d2 = 1 / (p2 > ridge ? p2 : ridge);
            REAL u20 = l10 * l21 - l20; /* the inverse factor's last row: u20, -l21, 1 */
            c->factor[dy + 1][0][at] = d0 + l10 * l10 * d1 + u20 * u20 * d2;
            c->factor[dy + 1][1][at] = -l10 * d1 - u20 * l21 * d2;
            c->factor[dy + 1][2][at] = u20 * d2;
            c->factor[dy + 1][3][at] = d1 + l21 * l21 * d2;
            c->factor[dy + 1][4][at] = -l21 * d2;
            c->factor[dy + 1][5][at] = d2;
        }
    }
}

/* The rows of the Laplacian for the chunk's pixels: all 25 entries, to known and unknown pixels alike. */
TARGET static void KERNEL(entries)(KERNEL(Chunk) *c, ptrdiff_t lanes) {
    memset(c->entry, 0, sizeof c->entry);
    for (int ky = -1; ky <= 1; ky++)
        for (int kx = -1; kx <= 1; kx++) {
            const REAL *restrict weight = c->weight[ky + 1] + SEGMENT + kx;
            const REAL *restrict m0 = c->mean[ky + 1][0] + SEGMENT + kx;
            const REAL *restrict m1 = c->mean[ky + 1][1] + SEGMENT + kx;
            const REAL *restrict m2 = c->mean[ky + 1][2] + SEGMENT + kx;
            const REAL(*f)[KERNEL(WIDE)] = (const REAL(*)[KERNEL(WIDE)])c->factor[ky + 1];
            const ptrdiff_t to = SEGMENT + kx;
            REAL *restrict v0 = c->v[0], *restrict v1 = c->v[1], *restrict v2 = c->v[2];
            REAL *restrict centre = c->entry[CENTRE];
            for (ptrdiff_t x = 0; x < lanes; x++) {
                REAL r = 9 * c->colour[0][2][SEGMENT + x] - m0[x];
                REAL g = 9 * c->colour[1][2][SEGMENT + x] - m1[x];
                REAL b = 9 * c->colour[2][2][SEGMENT + x] - m2[x];
                REAL w = weight[x];
                v0[x] = w * (f[0][to + x] * r + f[1][to + x] * g + f[2][to + x] * b);
                v1[x] = w * (f[1][to + x] * r + f[3][to + x] * g + f[4][to + x] * b);
                v2[x] = w * (f[2][to + x] * r + f[4][to + x] * g + f[5][to + x] * b);
                centre[x] += 9 * w;
            }
            for (int jy = ky - 1; jy <= ky + 1; jy++)
                for (int jx = kx - 1; jx <= kx + 1; jx++) {
                    REAL *restrict entry = c->entry[(jy + 2) * 5 + jx + 2];
                    const REAL *restrict red = c->colour[0][jy + 2] + SEGMENT + jx;
                    const REAL *restrict green = c->colour[1][jy + 2] + SEGMENT + jx;
                    const REAL *restrict blue = c->colour[2][jy + 2] + SEGMENT + jx;
                    for (ptrdiff_t x = 0; x < lanes; x++)
                        entry[x] -= weight[x] + v0[x] * (9 * red[x] - m0[x]) + v1[x] * (9 * green[x] - m1[x]) +
                                    v2[x] * (9 * blue[x] - m2[x]);
                }
        }
}

/* Known neighbours go to the right-hand side; entries to them, and rows of known pixels, become zero. */
TARGET static void KERNEL(eliminate)(KERNEL(Chunk) *c, ptrdiff_t lanes) {
    const REAL *restrict self = c->open[2] + SEGMENT;
    REAL *restrict right = c->right;
    for (ptrdiff_t x = 0; x < lanes; x++) right[x] = 0;
    for (int o = 0; o < STENCIL; o++) {
        REAL *restrict entry = c->entry[o];
        const REAL *restrict open = c->open[o / 5] + SEGMENT + o % 5 - 2;
        const REAL *restrict known = c->known[o / 5] + SEGMENT + o % 5 - 2;
        for (ptrdiff_t x = 0; x < lanes; x++) {
            REAL e = entry[x] * self[x];
            right[x] -= e * known[x];
            entry[x] = e * open[x];
        }
    }
}

/* Assemble the live segments [from, to): stencil, right-hand side (into the residual), the diagonal's inverse and the start. */
TARGET static void KERNEL(assemble)(MattingSystem *s, KERNEL(Chunk) *c, size_t from, size_t to) {
    const Segment *segments = s->band->segments;
    REAL *stencil = s->stencil, *solution = s->solution, *residual = s->residual, *inverse = s->inverse;
    for (size_t first = from, count; first < to; first += count) {
        const Segment *head = &segments[first];
        count = 1;
        while (count < KERNEL(CHUNK) && first + count < to && segments[first + count].row == head->row &&
               segments[first + count].column == head->column + (int32_t)count * SEGMENT)
            count++;
        ptrdiff_t lanes = (ptrdiff_t)count * SEGMENT;
        KERNEL(load)(s, c, head->row, head->column, lanes);
        KERNEL(windows)(s, c, head->row, head->column, lanes);
        KERNEL(entries)(c, lanes);
        KERNEL(eliminate)(c, lanes);
        for (size_t i = 0; i < count; i++) {
            size_t slot = (size_t)segments[first + i].slots[REACH] * SEGMENT;
            REAL *rows = stencil + (first + i) * STENCIL * SEGMENT;
            for (int o = 0; o < STENCIL; o++) memcpy(rows + o * SEGMENT, c->entry[o] + i * SEGMENT, SEGMENT * sizeof(REAL));
            for (ptrdiff_t k = 0; k < SEGMENT; k++) {
                ptrdiff_t x = (ptrdiff_t)i * SEGMENT + k;
                if (c->open[2][SEGMENT + x] == 0) { /* slots are zero from the start; 1 keeps the division harmless */
                    inverse[slot + k] = 1;
                    continue;
                }
                ptrdiff_t at = head->row * s->width + head->column + x;
                REAL weight = (REAL)s->weight[at];
                REAL diagonal = rows[CENTRE * SEGMENT + k] + weight;
                rows[CENTRE * SEGMENT + k] = diagonal;
                residual[slot + k] = c->right[x] + weight * (REAL)s->prior[at];
                /* A pixel that no window holds and no prior pulls keeps the value it has. */
                inverse[slot + k] = diagonal > 0 ? 1 / diagonal : 0;
                solution[slot + k] = (REAL)s->alpha[at];
            }
        }
    }
}

/* product = A x on the live segments [from, to); returns x . product. */
TARGET static double KERNEL(multiply)(const MattingSystem *s, const REAL *vector, REAL *product, size_t from, size_t to) {
    const REAL *stencil = s->stencil;
    double total = 0;
    for (size_t i = from; i < to; i++) {
        const Segment *segment = &s->band->segments[i];
        const REAL *restrict rows = stencil + i * STENCIL * SEGMENT;
        REAL sum[SEGMENT] = {0};
        for (int dy = 0; dy < 5; dy++) {
            const REAL *restrict near = vector + (size_t)segment->slots[dy] * SEGMENT - 2;
            for (int dx = 0; dx < 5; dx++)
                for (int k = 0; k < SEGMENT; k++) sum[k] += rows[(dy * 5 + dx) * SEGMENT + k] * near[dx + k];
        }
        size_t slot = (size_t)segment->slots[REACH] * SEGMENT;
        REAL dot = 0;
        for (int k = 0; k < SEGMENT; k++) {
            product[slot + k] = sum[k];
            dot += sum[k] * vector[slot + k];
        }
        total += (double)dot;
    }
    return total;
}

/* One member's part of the whole solution: preconditioned conjugate gradients (Hestenes & Stiefel 1952; Saad 2003, algorithm 9.1). */
TARGET static void KERNEL(solve)(void *context, Team *team, int member, int members) {
    MattingSystem *s = context;
    size_t from, to;
    cutout_team_share(s->band->live, member, members, &from, &to);
    REAL *solution = s->solution, *residual = s->residual, *direction = s->direction, *product = s->product, *inverse = s->inverse;
    KERNEL(Chunk) *chunk = s->chunks;
    KERNEL(assemble)(s, chunk + member, from, to);
    cutout_team_wait(team);

    KERNEL(multiply)(s, solution, product, from, to);
    double rz = 0;
    for (size_t i = from; i < to; i++) {
        size_t slot = (size_t)s->band->segments[i].slots[REACH] * SEGMENT;
        REAL dot = 0;
        for (int k = 0; k < SEGMENT; k++) {
            REAL r = residual[slot + k] - product[slot + k];
            REAL z = r * inverse[slot + k];
            residual[slot + k] = r;
            direction[slot + k] = z;
            dot += r * z;
        }
        rz += (double)dot;
    }
    s->sums[0][member] = rz;
    cutout_team_wait(team);
    rz = 0;
    for (int i = 0; i < members; i++) rz += s->sums[0][i];

    int steps = 0;
    while (steps < s->most_steps && rz > 0) {
        s->sums[1][member] = KERNEL(multiply)(s, direction, product, from, to);
        cutout_team_wait(team);
        double curvature = 0;
        for (int i = 0; i < members; i++) curvature += s->sums[1][i];
        if (!(curvature > 0)) break; /* rounding has used up what there was to gain */
        REAL length = (REAL)(rz / curvature), largest = 0;
        double next = 0;
        for (size_t i = from; i < to; i++) {
            size_t slot = (size_t)s->band->segments[i].slots[REACH] * SEGMENT;
            REAL dot = 0, far = 0;
            for (int k = 0; k < SEGMENT; k++) {
                REAL step = length * direction[slot + k];
                REAL r = residual[slot + k] - length * product[slot + k];
                solution[slot + k] += step;
                residual[slot + k] = r;
                dot += r * r * inverse[slot + k];
                REAL size = step < 0 ? -step : step;
                far = size > far ? size : far;
            }
            largest = far > largest ? far : largest;
            next += (double)dot;
        }
        s->sums[0][member] = next;
        s->largest[member] = (double)largest;
        steps++;
        cutout_team_wait(team);
        double total = 0, moved = 0;
        for (int i = 0; i < members; i++) {
            total += s->sums[0][i];
            moved = s->largest[i] > moved ? s->largest[i] : moved;
        }
        if (moved < s->tolerance) break;
        REAL ratio = (REAL)(total / rz);
        rz = total;
        for (size_t i = from; i < to; i++) {
            size_t slot = (size_t)s->band->segments[i].slots[REACH] * SEGMENT;
            for (int k = 0; k < SEGMENT; k++)
                direction[slot + k] = residual[slot + k] * inverse[slot + k] + ratio * direction[slot + k];
        }
        cutout_team_wait(team);
    }
    if (member == 0) s->steps = steps;

    for (size_t i = from; i < to; i++) {
        const Segment *segment = &s->band->segments[i];
        size_t slot = (size_t)segment->slots[REACH] * SEGMENT;
        for (ptrdiff_t k = 0; k < SEGMENT && segment->column + k < s->width; k++) {
            ptrdiff_t at = segment->row * s->width + segment->column + k;
            if (cutout_is_unknown(s->trimap[at])) s->alpha[at] = (float)solution[slot + k];
        }
    }
}
