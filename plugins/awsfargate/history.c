/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history.c - see the header. Tasks have at most a few dozen containers, so plain arrays are
 * searched.
 */
#include "history.h"

#include "support.h"

/* A task has one or two interfaces. More names than this are a stranger's, and not followed. */
#define MAX_NAMES 256

static void
past_free(struct past *past)
{
    free(past->id);
    usage_free(&past->samples[0]);
    usage_free(&past->samples[1]);
}

void
history_free(struct history *history)
{
    size_t i;
    for (i = 0; i < history->n; i++)
        past_free(&history->pasts[i]);
    for (i = 0; i < history->n_names; i++)
        free(history->names[i]);
    free(history->pasts);
    free(history->names);
    *history = (struct history){0};
}

static struct past *
add_past(struct history *history, const char *id)
{
    struct past *pasts =
        support_realloc_array(history->pasts, history->n + 1, sizeof *history->pasts);
    struct past *past;
    if (pasts == NULL)
        return NULL;
    history->pasts = pasts;
    past = &pasts[history->n];
    *past = (struct past){.id = strdup(id), .alive = true};
    if (past->id == NULL)
        return NULL;
    history->n++;
    return past;
}

struct past *
history_touch(struct history *history, const char *id)
{
    size_t i;
    for (i = 0; i < history->n; i++) {
        if (strcmp(history->pasts[i].id, id) == 0) {
            history->pasts[i].alive = true;
            return &history->pasts[i];
        }
    }
    return add_past(history, id);
}

void
history_sweep(struct history *history)
{
    size_t i, kept = 0;
    for (i = 0; i < history->n; i++) {
        struct past *past = &history->pasts[i];
        if (!past->alive) {
            past_free(past);
            continue;
        }
        past->alive = false;
        if (kept != i)
            history->pasts[kept] = *past;
        kept++;
    }
    history->n = kept;
}

static const char *
intern(struct history *history, const char *name)
{
    char **names;
    size_t i;
    for (i = 0; i < history->n_names; i++) {
        if (strcmp(history->names[i], name) == 0)
            return history->names[i];
    }
    if (history->n_names == MAX_NAMES)
        return NULL;
    names = support_realloc_array(history->names, history->n_names + 1, sizeof *names);
    if (names == NULL)
        return NULL;
    history->names = names;
    names[history->n_names] = strdup(name);
    return names[history->n_names] != NULL ? names[history->n_names++] : NULL;
}

/* Makes the names of interfaces ours; an interface whose name cannot be kept is left out. */
static void
keep_names(struct history *history, struct usage *usage)
{
    struct usage_network *network = &usage->network;
    size_t i, kept = 0;
    for (i = 0; i < network->n_interfaces; i++) {
        const char *name = intern(history, network->interfaces[i].name);
        if (name == NULL)
            continue;
        network->interfaces[kept] = network->interfaces[i];
        network->interfaces[kept++].name = name;
    }
    network->n_interfaces = kept;
}

const struct usage *
past_newest(const struct past *past)
{
    return past->n_samples > 0 ? &past->samples[past->newest] : NULL;
}

void
history_new_answer(struct history *history)
{
    size_t i;
    for (i = 0; i < history->n; i++) {
        history->pasts[i].samples[0].memory.n_stats = 0;
        history->pasts[i].samples[1].memory.n_stats = 0;
    }
}

static bool
is_same_sample(const struct usage *a, const struct usage *b)
{
    return b != NULL && a->read_unix_ns == b->read_unix_ns;
}

bool
history_read(struct history *history, struct past *past, const struct json_node *entry,
             uint64_t now_ns)
{
    struct usage *spare = &past->samples[1 - past->newest];
    usage_reset(spare);
    spare->skip_majors = history->skip_majors;
    spare->n_skip_majors = history->n_skip_majors;
    if (!usage_read_stats(entry, spare) || is_same_sample(spare, past_newest(past))) {
        past->n_samples = past->n_samples > 0 ? 1 : 0; /* the older one was in the spare */
        return false;
    }
    keep_names(history, spare);
    past->newest = 1 - past->newest;
    past->n_samples = past->n_samples > 0 ? 2 : 1;
    past->seen_ns = now_ns;
    past->memory_used = usage_memory_used(spare);
    past->memory_rss = usage_memory_anon(spare);
    return true;
}

static bool
went_back(uint64_t now, uint64_t before)
{
    return now != ABSENT && before != ABSENT && now < before;
}

const struct usage *
past_before(const struct past *past)
{
    const struct usage *now = past_newest(past);
    const struct usage *before = &past->samples[1 - past->newest];
    if (past->n_samples < 2 || now->read_unix_ns <= before->read_unix_ns ||
        went_back(now->cpu.total, before->cpu.total))
        return NULL;
    return before;
}
