/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_life.c - tests of instances: created and destroyed again and again, side by side, with
 * wrong configuration, and on request for one period of life.
 */
#include "check.h"
#include "process_state.h"

#include <limits.h>

#define TIMES 100u
#define PERIOD_NS (10 * MH_NS_PER_S)

struct life {
    const struct mh_plugin *plugin;
    struct fake_host *host;
    void *self;
};

static bool
begin(struct life *l, const struct subject *s, const struct mh_plugin *plugin)
{
    l->plugin = plugin;
    l->self = NULL;
    l->host = fake_host_new(plugin, s->options, s->n_options);
    if (l->host == NULL)
        note("no memory for a host");
    return l->host != NULL;
}

static int32_t
create(struct life *l)
{
    return l->plugin->create(fake_host_table(l->host), fake_host_config(l->host), &l->self);
}

/* Notes what the plugin did against the ABI meanwhile. */
static bool
end(struct life *l)
{
    const char *faults = fake_host_faults(l->host);
    bool fine = *faults == '\0';
    if (!fine)
        note("%s", faults);
    fake_host_free(l->host);
    return fine;
}

static bool
is_known_code(int32_t rc)
{
    return rc <= MH_OK && rc >= MH_ERR_FATAL;
}

/* A plugin with options that must be given cannot be created without them, and says so. */
static enum verdict
judge_refusal(const struct life *l, int32_t rc)
{
    const char *words = fake_host_words(l->host);
    if (!is_known_code(rc)) {
        note("create returns %d, which is no MH_ERR_...", rc);
        return VERDICT_FAIL;
    }
    if (rc == MH_ERR_CONFIG && *words != '\0') {
        note("needs configuration (%s): give it with --set KEY=VALUE", words);
        return VERDICT_SKIP;
    }
    note("create returns %d with its defaults: %s", rc,
         *words != '\0' ? words : "and does not say why");
    return VERDICT_FAIL;
}

static bool
lacks_required(const struct subject *s, const struct mh_plugin *p)
{
    for (uint32_t i = 0; i < p->n_keys; i++) {
        bool given = (p->keys[i].flags & MH_KEY_REQUIRED) == 0;
        for (size_t j = 0; !given && j < s->n_options; j++)
            given = strcmp(s->options[j].key, p->keys[i].name) == 0;
        if (!given) {
            note("the option %s is required: give it with --set %s=VALUE", p->keys[i].name,
                 p->keys[i].name);
            return true;
        }
    }
    return false;
}

static enum verdict
create_and_destroy(const struct subject *s, const struct mh_plugin *plugin)
{
    struct life l;
    if (!begin(&l, s, plugin))
        return VERDICT_FAIL;
    int32_t rc = create(&l);
    enum verdict verdict = rc == MH_OK ? VERDICT_PASS : judge_refusal(&l, rc);
    if (rc == MH_OK)
        plugin->destroy(l.self);
    return end(&l) ? verdict : VERDICT_FAIL;
}

static enum verdict
again_and_again(const struct subject *s)
{
    const struct mh_plugin *p = subject_plugin(s);
    if (p == NULL)
        return VERDICT_FAIL;
    if (lacks_required(s, p))
        return VERDICT_SKIP;
    enum verdict verdict = create_and_destroy(s, p); /* the first may load what stays */
    struct process_state before = process_state_now();
    for (unsigned i = 1; i < TIMES && verdict == VERDICT_PASS; i++)
        verdict = create_and_destroy(s, p);
    return process_state_unchanged(&before) ? verdict : VERDICT_FAIL;
}

static enum verdict
side_by_side(const struct subject *s)
{
    const struct mh_plugin *p = subject_plugin(s);
    struct life a, b;
    if (p == NULL || !begin(&a, s, p) || !begin(&b, s, p))
        return VERDICT_FAIL;
    if (lacks_required(s, p))
        return VERDICT_SKIP;
    int32_t rc = create(&a);
    if (rc != MH_OK)
        return judge_refusal(&a, rc);
    rc = create(&b);
    if (rc != MH_OK) {
        note("a second instance beside the first cannot be created (%d)", rc);
        return VERDICT_FAIL;
    }
    p->destroy(a.self);
    p->destroy(b.self);
    bool fine = end(&a);
    return end(&b) && fine ? VERDICT_PASS : VERDICT_FAIL;
}

/* One instance whose n-th read of the configuration fails. False: a fault. *ret_reads: how many it
 * made. */
static bool
survives_wrong_value(const struct subject *s, const struct mh_plugin *p, unsigned n,
                     unsigned *ret_reads)
{
    struct life l;
    bool fine = true;
    if (!begin(&l, s, p))
        return false;
    fake_host_fail_read(l.host, n);
    int32_t rc = create(&l);
    *ret_reads = fake_host_reads(l.host);
    if (rc == MH_OK)
        p->destroy(l.self);
    if (rc == MH_OK && *ret_reads >= n) {
        note("create succeeds although its read of the option '%s' answered MH_ERR_CONFIG",
             fake_host_failed_read(l.host));
        fine = false;
    } else if (!is_known_code(rc)) {
        note("create returns %d, which is no MH_ERR_...", rc);
        fine = false;
    }
    return end(&l) && fine;
}

static enum verdict
refuses_wrong_values(const struct subject *s)
{
    const struct mh_plugin *p = subject_plugin(s);
    unsigned all, made;
    if (p == NULL || !survives_wrong_value(s, p, UINT_MAX / 2, &all)) /* none fails: counts them */
        return VERDICT_FAIL;
    struct process_state before = process_state_now();
    bool fine = true;
    for (unsigned n = 1; n <= all; n++)
        fine &= survives_wrong_value(s, p, n, &made);
    return process_state_unchanged(&before) && fine ? VERDICT_PASS : VERDICT_FAIL;
}

static bool
works(const struct life *l, const char *what, int32_t rc)
{
    if (rc == MH_OK)
        return true;
    const char *words = fake_host_words(l->host);
    note("%s returns %d: %s", what, rc, *words != '\0' ? words : "and does not say why");
    return false;
}

/* MH_ERR_RETRY with words is what a plugin says whose other side is not there. */
static enum verdict
judge_work(const struct life *l, const char *what, int32_t rc)
{
    if (works(l, what, rc))
        return VERDICT_PASS;
    return rc == MH_ERR_RETRY && *fake_host_words(l->host) != '\0' ? VERDICT_SKIP : VERDICT_FAIL;
}

/* An input collects; a processor and an output get an empty batch. */
static enum verdict
live(const struct life *l)
{
    const struct mh_plugin *p = l->plugin;
    struct mh_batch *batch = fake_host_batch(l->host);
    uint64_t deadline = util_monotonic_ns() + PERIOD_NS;
    if (p->start != NULL && !works(l, "start", p->start(l->self)))
        return VERDICT_FAIL;
    enum verdict verdict = VERDICT_PASS;
    if (p->kind == MH_KIND_INPUT)
        verdict = judge_work(l, "collect", p->collect(l->self, batch, deadline));
    else if (p->kind == MH_KIND_PROCESSOR && p->process != NULL)
        verdict = judge_work(l, "process", p->process(l->self, batch));
    else if (p->kind == MH_KIND_OUTPUT)
        verdict = judge_work(l, "write", p->write(l->self, batch, deadline));
    note("%u records with %u values", fake_batch_records(batch), fake_batch_values(batch));
    if (p->wake != NULL)
        p->wake(l->self);
    if (p->stop != NULL)
        p->stop(l->self);
    return verdict;
}

static enum verdict
runs_a_period(const struct subject *s)
{
    const struct mh_plugin *p = subject_plugin(s);
    struct life l;
    if (p == NULL || !begin(&l, s, p))
        return VERDICT_FAIL;
    if (lacks_required(s, p))
        return VERDICT_SKIP;
    struct process_state before = process_state_now();
    int32_t rc = create(&l);
    if (rc != MH_OK)
        return judge_refusal(&l, rc);
    enum verdict verdict = live(&l);
    p->destroy(l.self);
    bool fine = process_state_unchanged(&before);
    return end(&l) && fine ? verdict : VERDICT_FAIL;
}

const struct test life_tests[] = {
    {"create", "is created and destroyed a hundred times and leaves nothing behind", true, false,
     again_and_again},
    {"instances", "two instances live side by side", true, false, side_by_side},
    {"refusal", "no wrong value of its configuration is passed over", true, false,
     refuses_wrong_values},
    {"run", "starts, works for one period with values of the declared types, and stops", true, true,
     runs_a_period},
};
const size_t n_life_tests = COUNT_OF(life_tests);
