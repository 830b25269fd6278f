/* Closed-form matting on the unknown band: the linear system and its solution. */
#ifndef CUTOUT_MATTING_H
#define CUTOUT_MATTING_H

#include "band.h"
#include "team.h"

enum { STENCIL = 25, CENTRE = 12 };

typedef struct {
    /* The picture, (height, width). Known pixels keep their alpha; unknown ones begin with theirs and end with the solution. */
    const uint8_t *pixels;
    const uint8_t *trimap;
    float *alpha;
    const float *prior;
    const float *weight;
    ptrdiff_t height, width;
    const Band *band;
    double epsilon;
    double tolerance; /* stop when no pixel moves by more in one step */
    int most_steps;

    /* Filled in by the kernel. Elements are float or double. */
    void *stencil;                          /* (live, STENCIL, SEGMENT) */
    void *solution, *residual, *direction;  /* (slots, SEGMENT) */
    void *product, *inverse;                /* (slots, SEGMENT); the diagonal's inverse */
    void *chunks;                           /* room to assemble in, one for each member */
    double sums[2][TEAM_MOST];
    double largest[TEAM_MOST];
    int steps;
} MattingSystem;

/* The solver in one precision: the team's body, and the sizes of its memory. */
typedef struct {
    TeamBody solve;
    size_t element, chunk;
} MattingSolver;

MattingSolver cutout_matting_single(void); /* float, for systems that a prior keeps well conditioned */
MattingSolver cutout_matting_double(void);

#endif
