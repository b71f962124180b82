/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group.c - groups hang on one list, found by what makes outputs the same: the options' hosts and
 * target. Workers are instances of their own to the host, so nothing but this list connects them.
 */
#include "group.h"

#include <stdlib.h>

#include "support.h"

enum health { HEALTH_UNKNOWN, HEALTH_GOOD, HEALTH_BAD };

struct host_state {
    char *url;
    enum health health;
    unsigned failures;
    uint64_t rest_until_ns;
    char words[160]; /* of the failure that was logged last */
    uint64_t logged_ns;
};

struct group {
    struct group *next;
    unsigned n_members;
    char *target;
    struct host_state *hosts;
    size_t n_hosts;
    pthread_mutex_t lock;
    pthread_mutex_t preparation;
    uint32_t allowed; /* workers that may send; UINT32_MAX: all */
    uint32_t largest; /* highest worker number seen, plus 1 */
    unsigned calm;    /* good answers since the last change */
    uint64_t allowed_since_ns;
    unsigned first; /* without load balancing: host that is in use */
    enum target_mode mode;
    unsigned seed;
};

static pthread_mutex_t groups_lock = PTHREAD_MUTEX_INITIALIZER;
static struct group *groups;

static void
free_group(struct group *g)
{
    for (size_t i = 0; g->hosts != NULL && i < g->n_hosts; i++)
        free(g->hosts[i].url);
    free(g->hosts);
    free(g->target);
    pthread_mutex_destroy(&g->lock);
    pthread_mutex_destroy(&g->preparation);
    free(g);
}

static bool
is_for(const struct group *g, const struct es_options *o)
{
    const char *target = o->target == NULL ? "" : o->target;
    if (g->n_hosts != o->n_endpoints || strcmp(g->target, target) != 0)
        return false;
    for (size_t i = 0; i < g->n_hosts; i++)
        if (strcmp(g->hosts[i].url, o->endpoints[i].url) != 0)
            return false;
    return true;
}

static struct group *
make_group(const struct es_options *o)
{
    struct group *g = calloc(1, sizeof *g);
    bool ok;
    if (g == NULL)
        return NULL;
    pthread_mutex_init(&g->lock, NULL);
    pthread_mutex_init(&g->preparation, NULL);
    g->allowed = UINT32_MAX;
    g->seed = (unsigned)http_monotonic_ns();
    g->n_hosts = o->n_endpoints;
    g->first = (unsigned)rand_r(&g->seed) % (unsigned)g->n_hosts;
    g->target = strdup(o->target == NULL ? "" : o->target);
    g->hosts = calloc(g->n_hosts, sizeof *g->hosts);
    ok = g->target != NULL && g->hosts != NULL;
    for (size_t i = 0; ok && i < g->n_hosts; i++)
        ok = (g->hosts[i].url = strdup(o->endpoints[i].url)) != NULL;
    if (ok)
        return g;
    free_group(g);
    return NULL;
}

struct group *
group_join(const struct es_options *o)
{
    LOCKED(&groups_lock);
    struct group *g = groups;
    while (g != NULL && !is_for(g, o))
        g = g->next;
    if (g == NULL) {
        g = make_group(o);
        if (g == NULL)
            return NULL;
        g->next = groups;
        groups = g;
    }
    g->n_members++;
    return g;
}

void
group_leave(struct group *g)
{
    struct group **at = &groups;
    if (g == NULL)
        return;
    LOCKED(&groups_lock);
    if (--g->n_members > 0)
        return;
    while (*at != g)
        at = &(*at)->next;
    *at = g->next;
    free_group(g);
}

static bool
is_tried(uint64_t tried, size_t host)
{
    return host >= 64 || (tried >> host & 1) != 0;
}

int
group_pick(struct group *g, const struct es_options *o, uint32_t worker, uint64_t tried)
{
    uint64_t now = http_monotonic_ns();
    int best = -1;
    LOCKED(&g->lock);
    size_t first = o->loadbalance ? worker % g->n_hosts : g->first;
    for (size_t i = 0; i < g->n_hosts; i++) {
        size_t host = (first + i) % g->n_hosts;
        if (is_tried(tried, host))
            continue;
        if (g->hosts[host].rest_until_ns <= now)
            return (int)host;
        if (best < 0 || g->hosts[host].rest_until_ns < g->hosts[best].rest_until_ns)
            best = (int)host;
    }
    return best;
}

/* Equal jitter: half of the window for sure, the other half at random; the window doubles with each
 * failure. */
static uint64_t
pause_after(struct group *g, const struct es_options *o, unsigned failures)
{
    uint64_t window = o->backoff_init_ns * 2;
    while (--failures > 0 && window < o->backoff_max_ns)
        window *= 2;
    if (window > o->backoff_max_ns)
        window = o->backoff_max_ns;
    return window / 2 +
           (uint64_t)((double)rand_r(&g->seed) / ((double)RAND_MAX + 1) * (double)(window / 2));
}

void
group_failed(struct group *g, const struct es_options *o, int host, const char *words)
{
    struct host_state *h = &g->hosts[host];
    uint64_t now = http_monotonic_ns();
    bool is_news;
    {
        LOCKED(&g->lock);
        h->failures++;
        h->rest_until_ns = now + pause_after(g, o, h->failures);
        if (!o->loadbalance && g->first == (unsigned)host)
            g->first = (g->first + 1) % (unsigned)g->n_hosts;
        /* Another reason for a state that lasts is news too, but servers that alternate between
         * reasons must not fill the log. */
        is_news = h->health != HEALTH_BAD || (strncmp(h->words, words, sizeof h->words - 1) != 0 &&
                                              now - h->logged_ns > 60 * MH_NS_PER_S);
        h->health = HEALTH_BAD;
        if (is_news) {
            snprintf(h->words, sizeof h->words, "%s", words);
            h->logged_ns = now;
        }
    }
    if (is_news)
        mh_log(o->host, MH_LOG_WARNING, "%s; documents wait in the queue and are tried again",
               words);
}

void
group_worked(struct group *g, const struct es_options *o, int host)
{
    struct host_state *h = &g->hosts[host];
    enum health before;
    {
        LOCKED(&g->lock);
        before = h->health;
        h->health = HEALTH_GOOD;
        h->failures = 0;
        h->rest_until_ns = 0;
    }
    if (before != HEALTH_GOOD)
        mh_log(o->host, MH_LOG_INFO, "connection to %s %s", h->url,
               before == HEALTH_BAD ? "is back" : "established");
}

static void
allow(struct group *g, uint32_t n)
{
    g->allowed = n >= g->largest ? UINT32_MAX : n;
    g->allowed_since_ns = http_monotonic_ns();
    g->calm = 0;
}

/* One more is allowed as time goes by: those that may send could have nothing to send, and then
 * there are no good answers to wait for. */
bool
group_may_send(struct group *g, const struct es_options *o, uint32_t worker)
{
    LOCKED(&g->lock);
    if (worker >= g->largest)
        g->largest = worker + 1;
    if (worker >= g->allowed && http_monotonic_ns() - g->allowed_since_ns > 2 * o->backoff_init_ns)
        allow(g, g->allowed + 1);
    return worker < g->allowed;
}

void
group_overloaded(struct group *g)
{
    LOCKED(&g->lock);
    uint32_t now = g->allowed < g->largest ? g->allowed : g->largest;
    allow(g, now > 1 ? now / 2 : 1);
}

/* One worker more for each 16 good answers. */
void
group_relaxed(struct group *g)
{
    LOCKED(&g->lock);
    if (g->allowed != UINT32_MAX && ++g->calm >= 16)
        allow(g, g->allowed + 1);
}

enum target_mode
group_target(struct group *g)
{
    LOCKED(&g->lock);
    return g->mode;
}

void
group_set_target(struct group *g, enum target_mode mode)
{
    LOCKED(&g->lock);
    g->mode = mode;
}

void
group_lock_preparation(struct group *g)
{
    pthread_mutex_lock(&g->preparation);
}

void
group_unlock_preparation(struct group *g)
{
    pthread_mutex_unlock(&g->preparation);
}
