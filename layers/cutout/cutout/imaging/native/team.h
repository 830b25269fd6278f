/* A team of threads that runs one body together and may meet at barriers inside it. */
#ifndef CUTOUT_TEAM_H
#define CUTOUT_TEAM_H

#include <stddef.h>

typedef struct Team Team;

/* The body of member `member` of `members`. Every member must make the same calls of cutout_team_wait. */
typedef void (*TeamBody)(void *context, Team *team, int member, int members);

enum { TEAM_MOST = 16 };

/* Run the body on up to `members` threads, the caller's among them; fewer where the system gives no more. Returns when all are done. */
void cutout_team_run(int members, TeamBody body, void *context);

/* Wait until every member has come here. */
void cutout_team_wait(Team *team);

/* The part of 0..count that falls to this member: [from, to). */
void cutout_team_share(size_t count, int member, int members, size_t *from, size_t *to);

/* Rows whose work is unlike, such as those of soft edges, are dealt out in bands instead: this member's row after `row`, and its first. */
enum { TEAM_BAND = 32 };
static inline size_t cutout_team_first_row(int member) { return (size_t)member * TEAM_BAND; }
static inline size_t cutout_team_next_row(size_t row, int members) {
    return (row + 1) % TEAM_BAND != 0 ? row + 1 : row + 1 + (size_t)(members - 1) * TEAM_BAND;
}

#endif
