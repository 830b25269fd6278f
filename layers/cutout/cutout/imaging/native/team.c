#include "team.h"

#include <pthread.h>
#include <stdatomic.h>

#if defined(__x86_64__)
#define RELAX() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define RELAX() __asm__ __volatile__("yield")
#else
#define RELAX() ((void)0)
#endif

/* A barrier in a solver's loop is met every few hundred microseconds: spinning that long beats a sleep, and where another process has
 * our core, the sleep that follows gives it back. */
enum { SPINS = 2000 };

struct Team {
    TeamBody body;
    void *context;
    int members;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int open;            /* the size is settled: members may begin */
    int waiting;         /* at the barrier, under the mutex */
    atomic_uint meeting; /* counts the barriers passed */
};

typedef struct {
    Team *team;
    int member;
} Member;

void cutout_team_wait(Team *team) {
    if (team->members == 1) return;
    unsigned mine = atomic_load_explicit(&team->meeting, memory_order_relaxed);
    pthread_mutex_lock(&team->mutex);
    int last = ++team->waiting == team->members;
    if (last) {
        team->waiting = 0;
        atomic_store_explicit(&team->meeting, mine + 1, memory_order_release);
        pthread_cond_broadcast(&team->changed);
    }
    pthread_mutex_unlock(&team->mutex);
    if (last) return;
    for (int spin = 0; spin < SPINS; spin++) {
        if (atomic_load_explicit(&team->meeting, memory_order_acquire) != mine) return;
        RELAX();
    }
    pthread_mutex_lock(&team->mutex);
    while (atomic_load_explicit(&team->meeting, memory_order_acquire) == mine) pthread_cond_wait(&team->changed, &team->mutex);
    pthread_mutex_unlock(&team->mutex);
}

static void *begin(void *argument) {
    Member *self = argument;
    Team *team = self->team;
    pthread_mutex_lock(&team->mutex);
    while (!team->open) pthread_cond_wait(&team->changed, &team->mutex);
    pthread_mutex_unlock(&team->mutex);
    team->body(team->context, team, self->member, team->members);
    return NULL;
}

void cutout_team_run(int members, TeamBody body, void *context) {
    Team team = {.body = body, .context = context, .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    atomic_init(&team.meeting, 0);
    pthread_t threads[TEAM_MOST];
    Member selves[TEAM_MOST];
    int others = 0;
    if (members > TEAM_MOST) members = TEAM_MOST;
    while (others + 1 < members) {
        selves[others] = (Member){&team, others + 1};
        if (pthread_create(&threads[others], NULL, begin, &selves[others]) != 0) break;
        others++;
    }
    pthread_mutex_lock(&team.mutex);
    team.members = others + 1;
    team.open = 1;
    pthread_cond_broadcast(&team.changed);
    pthread_mutex_unlock(&team.mutex);

    body(context, &team, 0, team.members);
    for (int i = 0; i < others; i++) pthread_join(threads[i], NULL);
    pthread_cond_destroy(&team.changed);
    pthread_mutex_destroy(&team.mutex);
}

void cutout_team_share(size_t count, int member, int members, size_t *from, size_t *to) {
    *from = count * (size_t)member / (size_t)members;
    *to = count * (size_t)(member + 1) / (size_t)members;
}
