/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c - see registry.h. Listed entries are `found`; those that a later scan replaced are
 * `retired`, because somebody may still hold them.
 */
#include "plugin/registry.h"

#include "plugin/negotiate.h"
#include "plugin/scan.h"

#include <errno.h>

struct registry {
    char **folders;
    size_t n_folders;
    struct found_list found;
    struct found_list retired;
};

void
registry_close(struct registry *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->n_folders; i++)
        free(r->folders[i]);
    free(r->folders);
    found_list_free(&r->found);
    found_list_free(&r->retired);
    free(r);
}

static void
registry_closep(struct registry **r)
{
    registry_close(*r);
}

static int
copy_folders(struct registry *r, const char *const *folders, size_t n)
{
    r->folders = calloc(n + 1, sizeof *r->folders);
    if (r->folders == NULL)
        return -ENOMEM;
    for (; r->n_folders < n; r->n_folders++) {
        r->folders[r->n_folders] = strdup(folders[r->n_folders]);
        if (r->folders[r->n_folders] == NULL)
            return -ENOMEM;
    }
    return 0;
}

static int
scan(const struct registry *r, struct found_list *ret)
{
    return scan_folders((const char *const *)r->folders, r->n_folders, ret);
}

int
registry_open(const char *const *folders, size_t n_folders, struct registry **ret)
{
    CLEANUP(registry_closep) struct registry *r = calloc(1, sizeof *r);
    if (r == NULL)
        return -ENOMEM;
    int rc = copy_folders(r, folders, n_folders);
    if (rc == 0)
        rc = scan(r, &r->found);
    if (rc == 0)
        *ret = take(r);
    return rc;
}

static bool
same_texts(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The same promise of the same state of the same file. */
static bool
is_unchanged(const struct found *old, const struct found *fresh)
{
    const struct plugin_entry *a = &old->entry, *b = &fresh->entry;
    return a->kind == b->kind && strcmp(a->name, b->name) == 0 && strcmp(a->file, b->file) == 0 &&
           file_identity_equal(&old->identity, &fresh->identity) &&
           same_texts(a->refusal, b->refusal);
}

/* Puts what is as it was back into the fresh list, and moves the rest to `retired`, which has room.
 */
static void
keep_unchanged(struct registry *r, struct found_list *fresh)
{
    for (size_t i = 0; i < r->found.n; i++) {
        struct found *old = r->found.items[i];
        size_t j = 0;
        while (j < fresh->n && !is_unchanged(old, fresh->items[j]))
            j++;
        if (j == fresh->n) {
            r->retired.items[r->retired.n++] = old;
            continue;
        }
        found_free(fresh->items[j]);
        fresh->items[j] = old;
    }
}

int
registry_rescan(struct registry *r)
{
    struct found_list fresh;
    size_t room = r->retired.n + r->found.n + 1;
    struct found **retired = realloc(r->retired.items, room * sizeof *retired);
    if (retired == NULL)
        return -ENOMEM;
    r->retired.items = retired;
    int rc = scan(r, &fresh);
    if (rc < 0) {
        found_list_free(&fresh);
        return rc;
    }
    keep_unchanged(r, &fresh);
    free(r->found.items);
    r->found = fresh;
    return 0;
}

size_t
registry_count(const struct registry *r)
{
    return r->found.n;
}

struct plugin_entry *
registry_at(struct registry *r, size_t i)
{
    return &r->found.items[i]->entry;
}

/* The first of this kind; or else a file of that name which says nothing about itself. */
static struct plugin_entry *
find_entry(struct registry *r, uint32_t kind, const char *name)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < r->found.n; i++) {
            struct plugin_entry *e = registry_at(r, i);
            if (e->kind == (pass == 0 ? kind : 0) && strcmp(e->name, name) == 0)
                return e;
        }
    return NULL;
}

static void
add_near_name(struct registry *r, uint32_t kind, const char *name, struct buf *text)
{
    size_t n = 0;
    CLEANUP_FREE const char **names = calloc(r->found.n + 1, sizeof *names);
    for (size_t i = 0; names != NULL && i < r->found.n; i++) {
        const struct plugin_entry *e = registry_at(r, i);
        if (e->kind == kind)
            names[n++] = e->name;
        else if (e->kind != 0 && strcmp(e->name, name) == 0)
            buf_printf(text, "; %s is installed as %s plugin", name, negotiate_kind_word(e->kind));
    }
    const char *near = names != NULL ? util_near_name(name, names, n) : NULL;
    if (near != NULL)
        buf_printf(text, "; did you mean %s?", near);
}

static void
add_folders(const struct registry *r, struct buf *text)
{
    buf_add_text(text, "; folders searched:");
    for (size_t i = 0; i < r->n_folders; i++)
        buf_printf(text, "%s %s%s", i > 0 ? "," : "", r->folders[i],
                   access(r->folders[i], R_OK | X_OK) == 0 ? ""
                   : errno == ENOENT                       ? " (does not exist)"
                                                           : " (cannot be read)");
    if (r->n_folders == 0)
        buf_add_text(text, " none");
}

static void
add_unusable(struct registry *r, struct buf *text)
{
    for (size_t i = 0; i < r->found.n; i++) {
        const struct plugin_entry *e = registry_at(r, i);
        if (e->kind == 0 && e->refusal != NULL)
            buf_printf(text, "; not usable: %s", e->refusal);
    }
}

static char *
describe_unknown(struct registry *r, uint32_t kind, const char *name)
{
    CLEANUP(buf_free) struct buf text = {0};
    buf_printf(&text, "no %s plugin '%s' is installed", negotiate_kind_word(kind), name);
    add_near_name(r, kind, name, &text);
    add_folders(r, &text);
    add_unusable(r, &text);
    buf_printf(&text,
               "; install the package that brings it (dnf install 'metrichost(%s:%s)'), or set "
               "path.plugins to its folder",
               negotiate_kind_word(kind), name);
    return buf_detach(&text);
}

static int
open_entry(struct plugin_entry *e, struct refusal *why)
{
    struct loader_module *module;
    const struct mh_plugin *theirs;
    int rc = loader_open(e->file, &module, &why->reason);
    if (rc < 0)
        return rc;
    mh_entry_function entry = (mh_entry_function)loader_symbol(module, MH_ENTRY_SYMBOL);
    if (entry == NULL)
        return refuse(why, "has no symbol " MH_ENTRY_SYMBOL
                           ": write MH_PLUGIN or MH_PLUGIN_ENTRY in it");
    why->plugin = e->name;
    rc = negotiate_find(entry, e->kind, e->name, &theirs, why);
    return rc < 0 ? rc : negotiate_copy(theirs, &e->plugin, why);
}

const struct plugin_entry *
registry_load(struct registry *r, uint32_t kind, const char *name, char **ret_reason)
{
    struct plugin_entry *e = find_entry(r, kind, name);
    *ret_reason = NULL;
    if (e == NULL) {
        *ret_reason = describe_unknown(r, kind, name);
        return NULL;
    }
    if (e->plugin != NULL)
        return e;
    if (e->refusal != NULL) {
        *ret_reason = strdup(e->refusal);
        return NULL;
    }
    struct refusal why = {.file = e->file};
    if (open_entry(e, &why) == 0)
        return e;
    *ret_reason = why.reason;
    return NULL;
}
