/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry_probe.c - drives the registry for test scripts: registry_probe FOLDER... < COMMANDS
 *
 *   list               one line for each entry: "fine KIND NAME VERSION" or "refused KIND NAME:
 * REASON" load KIND NAME     "loaded KIND NAME VERSION keys=N fields=N" or "refused KIND NAME:
 * REASON" same KIND NAME     "same" or "other": whether loading gives the entry that the last load
 * gave rescan rename FROM TO     replaces a file as a package manager does
 */
#include "plugin/negotiate.h"
#include "plugin/registry.h"

#include <stdio.h>

static const struct plugin_entry *last;

static uint32_t
kind_of(const char *word)
{
    return negotiate_kind(word, strlen(word));
}

static void
list(struct registry *r)
{
    for (size_t i = 0; i < registry_count(r); i++) {
        const struct plugin_entry *e = registry_at(r, i);
        const char *kind = negotiate_kind_word(e->kind);
        if (e->refusal == NULL)
            printf("fine %s %s %s\n", kind, e->name, e->version);
        else
            printf("refused %s %s: %s\n", kind, e->name, e->refusal);
    }
}

static void
load(struct registry *r, const char *kind, const char *name, bool compare)
{
    CLEANUP_FREE char *reason = NULL;
    const struct plugin_entry *e = registry_load(r, kind_of(kind), name, &reason);
    if (compare)
        puts(e != NULL && e == last ? "same" : "other");
    else if (e == NULL)
        printf("refused %s %s: %s\n", kind, name, reason != NULL ? reason : "no memory");
    else
        printf("loaded %s %s %s keys=%u fields=%u\n", kind, name, e->plugin->version,
               e->plugin->n_keys, e->plugin->n_datasets > 0 ? e->plugin->datasets[0].n_fields : 0);
    last = e;
}

static bool
obey(struct registry *r, const char *verb, const char *a, const char *b)
{
    if (strcmp(verb, "list") == 0)
        list(r);
    else if (strcmp(verb, "load") == 0 || strcmp(verb, "same") == 0)
        load(r, a, b, verb[0] == 's');
    else if (strcmp(verb, "rescan") == 0)
        return registry_rescan(r) == 0;
    else if (strcmp(verb, "rename") == 0)
        return rename(a, b) == 0;
    else
        return false;
    return true;
}

int
main(int argc, char **argv)
{
    struct registry *r;
    char line[4096], verb[16], a[2048], b[2048];
    if (registry_open((const char *const *)argv + 1, (size_t)argc - 1, &r) < 0)
        return 2;
    while (fgets(line, sizeof line, stdin) != NULL) {
        verb[0] = a[0] = b[0] = '\0';
        if (sscanf(line, "%15s %2047s %2047s", verb, a, b) >= 1 && !obey(r, verb, a, b)) {
            fprintf(stderr, "registry_probe: cannot do: %s", line);
            return 2;
        }
        fflush(stdout);
    }
    registry_close(r);
    return 0;
}
