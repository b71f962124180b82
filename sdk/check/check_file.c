/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_file.c - tests of the file as a whole: what it exports, what its entry function says and
 * does.
 */
#include "check.h"
#include "process_state.h"

#include "plugin/elf_info.h"
#include "plugin/loader.h"
#include "plugin/negotiate.h"

#include <errno.h>
#include <fcntl.h>

static bool
read_info(const struct subject *s, struct elf_info *ret)
{
    const char *problem;
    CLEANUP_FD int fd = open(s->file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        note("cannot be opened: %s", strerror(errno));
        return false;
    }
    if (elf_info_read(fd, ret, &problem) == 0)
        return true;
    note("it %s", problem);
    return false;
}

static enum verdict
file_is_plugin(const struct subject *s)
{
    struct elf_info info;
    if (!read_info(s, &info))
        return VERDICT_FAIL;
    const char *foreign = elf_info_foreign(&info);
    enum verdict verdict = VERDICT_PASS;
    if (foreign != NULL) {
        note("it is made for %s", foreign);
        verdict = VERDICT_FAIL;
    } else if (info.n_lines == 0) {
        note("it has no section .metrichost_plugin: write MH_PLUGIN or MH_PLUGIN_INFO in it");
        verdict = VERDICT_FAIL;
    }
    elf_info_free(&info);
    return verdict;
}

static enum verdict
exports_one_symbol(const struct subject *s)
{
    struct elf_info info;
    if (!read_info(s, &info))
        return VERDICT_FAIL;
    bool alone = info.n_exports == 1 && elf_info_exports(&info, MH_ENTRY_SYMBOL);
    for (size_t i = 0; !alone && i < info.n_exports; i++)
        if (strcmp(info.exports[i], MH_ENTRY_SYMBOL) != 0)
            note("exports %s too: compile with -fvisibility=hidden", info.exports[i]);
    if (!elf_info_exports(&info, MH_ENTRY_SYMBOL))
        note("does not export " MH_ENTRY_SYMBOL);
    elf_info_free(&info);
    return alone ? VERDICT_PASS : VERDICT_FAIL;
}

void *
subject_entry(const struct subject *s)
{
    CLEANUP_FREE char *reason = NULL;
    struct loader_module *module;
    if (loader_open(s->file, &module, &reason) < 0) {
        note("%s", reason != NULL ? reason : "no memory");
        return NULL;
    }
    void *entry = loader_symbol(module, MH_ENTRY_SYMBOL);
    if (entry == NULL)
        note("has no symbol " MH_ENTRY_SYMBOL);
    return entry;
}

static enum verdict
opens(const struct subject *s)
{
    return subject_entry(s) != NULL ? VERDICT_PASS : VERDICT_FAIL;
}

static bool
same_answer(const struct mh_plugin_list *a, const struct mh_plugin_list *b)
{
    if (a == NULL || b == NULL || a->n_plugins != b->n_plugins || a->struct_size != b->struct_size)
        return false;
    for (uint32_t i = 0; i < a->n_plugins; i++) {
        const struct mh_plugin *p = a->plugins[i], *q = b->plugins[i];
        if (p->struct_size != q->struct_size || memcmp(p, q, p->struct_size) != 0)
            return false;
    }
    return true;
}

static enum verdict
entry_is_pure(const struct subject *s)
{
    mh_entry_function entry = (mh_entry_function)subject_entry(s);
    if (entry == NULL)
        return VERDICT_FAIL;
    struct mh_loader loader = {sizeof loader, MH_ABI_MAJOR, MH_ABI_MINOR, PACKAGE_VERSION, NULL};
    struct process_state before = process_state_now();
    const struct mh_plugin_list *first = entry(&loader);
    const struct mh_plugin_list *second = entry(&loader);
    bool unchanged = process_state_unchanged(&before);
    if (!same_answer(first, second))
        note("the entry function answers the second call otherwise than the first");
    return unchanged && same_answer(first, second) ? VERDICT_PASS : VERDICT_FAIL;
}

/* The line that the descriptor calls for. */
static char *
line_for(const struct mh_plugin *p, unsigned needs)
{
    return util_printf("abi=%d.%u needs=%d.%u kind=%s name=%s version=%s", MH_ABI_MAJOR,
                       p->abi_minor, MH_ABI_MAJOR, needs, negotiate_kind_word(p->kind),
                       p->name != NULL ? p->name : "", p->version != NULL ? p->version : "");
}

static bool
has_line(const struct elf_info *info, const char *line)
{
    for (size_t i = 0; i < info->n_lines; i++)
        if (strcmp(info->lines[i], line) == 0)
            return true;
    return false;
}

static enum verdict
lines_match(const struct subject *s)
{
    struct elf_info info;
    enum verdict verdict = VERDICT_PASS;
    mh_entry_function entry = (mh_entry_function)subject_entry(s);
    if (entry == NULL || !read_info(s, &info))
        return VERDICT_FAIL;
    struct mh_loader loader = {sizeof loader, MH_ABI_MAJOR, MH_ABI_MINOR, PACKAGE_VERSION, NULL};
    const struct mh_plugin_list *list = entry(&loader);
    uint32_t n = list != NULL ? list->n_plugins : 0;
    for (uint32_t i = 0; i < n; i++) {
        CLEANUP_FREE char *line = line_for(list->plugins[i], list->plugins[i]->abi_minor_needed);
        if (line != NULL && has_line(&info, line))
            continue;
        note("no line of the section .metrichost_plugin is '%s'", line);
        verdict = VERDICT_FAIL;
    }
    if (info.n_lines != n) {
        note("the section .metrichost_plugin has %zu lines for %u descriptors", info.n_lines, n);
        verdict = VERDICT_FAIL;
    }
    elf_info_free(&info);
    return verdict;
}

const struct test file_tests[] = {
    {"file", "is a shared object for this machine with a section .metrichost_plugin", false, false,
     file_is_plugin},
    {"exports", "exports " MH_ENTRY_SYMBOL " and nothing else", false, false, exports_one_symbol},
    {"opens", "opens with all its symbols and libraries found", false, false, opens},
    {"entry", "the entry function answers twice the same and does nothing else", false, false,
     entry_is_pure},
    {"lines", "the lines of its section .metrichost_plugin are those of its descriptors", false,
     false, lines_match},
};
const size_t n_file_tests = COUNT_OF(file_tests);
