/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_file.c - one plugin file: may it be used at all, and what do the lines of its section
 * .metrichost_plugin promise?
 */
#include "plugin/scan_file.h"

#include "plugin/elf_info.h"
#include "plugin/negotiate.h"

#include <errno.h>
#include <fcntl.h>

/* What a line says; texts point into it. */
struct line {
    const char *name, *version;
    size_t name_len, version_len;
    uint32_t kind;
    uint32_t major, minor, needs_major, needs_minor;
};

/* "1.0" of exactly len bytes. */
static bool
parse_abi(const char *text, size_t len, uint32_t *ret_major, uint32_t *ret_minor)
{
    uint32_t parts[2] = {0, 0};
    size_t at = 0;
    for (unsigned part = 0; part < 2; part++) {
        size_t first = at;
        for (; at < len && text[at] >= '0' && text[at] <= '9' && at - first < 5; at++)
            parts[part] = parts[part] * 10 + (uint32_t)(text[at] - '0');
        if (at == first || parts[part] > UINT16_MAX)
            return false;
        if (part == 0 && (at >= len || text[at++] != '.'))
            return false;
    }
    *ret_major = parts[0];
    *ret_minor = parts[1];
    return at == len;
}

static bool
is_key(const char *word, size_t len, const char *key)
{
    return strlen(key) == len && memcmp(word, key, len) == 0;
}

/* One "key=value". Keys of later versions are passed over. */
static bool
parse_word(const char *word, size_t len, struct line *ret)
{
    const char *equals = memchr(word, '=', len);
    if (equals == NULL)
        return false;
    size_t key_len = (size_t)(equals - word), value_len = len - key_len - 1;
    const char *value = equals + 1;
    if (is_key(word, key_len, "abi"))
        return parse_abi(value, value_len, &ret->major, &ret->minor);
    if (is_key(word, key_len, "needs"))
        return parse_abi(value, value_len, &ret->needs_major, &ret->needs_minor);
    if (is_key(word, key_len, "kind"))
        ret->kind = negotiate_kind(value, value_len);
    if (is_key(word, key_len, "name"))
        ret->name = value, ret->name_len = value_len;
    if (is_key(word, key_len, "version"))
        ret->version = value, ret->version_len = value_len;
    return true;
}

/* False: not a line of ours. An unknown kind is 0. */
static bool
parse_line(const char *text, struct line *ret)
{
    memset(ret, 0, sizeof *ret);
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (len > 0 && !parse_word(text, len, ret))
            return false;
        text += len + (text[len] == ' ');
    }
    return ret->major > 0 && ret->name_len > 0;
}

static int
add_found(struct found_list *list, struct found *f)
{
    struct found **more = realloc(list->items, (list->n + 1) * sizeof *more);
    if (more == NULL)
        return -ENOMEM;
    list->items = more;
    more[list->n++] = f;
    return 0;
}

static void
found_freep(struct found **f)
{
    found_free(*f);
}

/* refusal: handed over, NULL for none. */
static int
add_entry(struct scan_file *s, const struct line *line, char *refusal)
{
    CLEANUP(found_freep) struct found *f = calloc(1, sizeof *f);
    if (f == NULL) {
        free(refusal);
        return -ENOMEM;
    }
    struct plugin_entry *e = &f->entry;
    e->refusal = refusal;
    e->file = strdup(s->path);
    e->name = strndup(line->name, line->name_len);
    e->version = strndup(line->version != NULL ? line->version : "", line->version_len);
    if (e->file == NULL || e->name == NULL || e->version == NULL)
        return -ENOMEM;
    e->kind = line->kind;
    e->abi_major = (uint16_t)line->major;
    e->abi_minor = (uint16_t)line->minor;
    e->needs_minor = (uint16_t)line->needs_minor;
    f->identity = s->identity;
    f->folder = s->folder;
    int rc = add_found(s->list, f);
    if (rc == 0)
        (void)take(f);
    return rc;
}

/* The file as a whole: named by its file name without .so, of no kind. */
static int add_refused_file(struct scan_file *s, const char *format, ...) PRINTF_LIKE(2, 3);

static int
add_refused_file(struct scan_file *s, const char *format, ...)
{
    CLEANUP(buf_free) struct buf text = {0};
    const char *slash = strrchr(s->path, '/');
    struct line line = {.name = slash != NULL ? slash + 1 : s->path};
    const char *dot = strrchr(line.name, '.');
    line.name_len = dot != NULL && dot != line.name ? (size_t)(dot - line.name) : strlen(line.name);
    va_list args;
    buf_printf(&text, "%s: ", s->path);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    char *reason = buf_detach(&text);
    return reason != NULL ? add_entry(s, &line, reason) : -ENOMEM;
}

/* Whether the file says this in one line for our ABI and in this one for another: then this one is
 * for other hosts. */
static bool
is_said_for_us(const struct elf_info *info, const struct line *foreign)
{
    struct line other;
    for (size_t i = 0; i < info->n_lines; i++)
        if (parse_line(info->lines[i], &other) && other.major == MH_ABI_MAJOR &&
            other.kind == foreign->kind && other.name_len == foreign->name_len &&
            memcmp(other.name, foreign->name, other.name_len) == 0)
            return true;
    return false;
}

static int
judge_line(const struct scan_file *s, const struct line *line, struct refusal *why)
{
    CLEANUP_FREE char *name = strndup(line->name, line->name_len);
    if (name == NULL)
        return -ENOMEM;
    why->plugin = name;
    int rc = 0;
    if (s->unsafe != NULL)
        rc = refuse(why, "%s", s->unsafe);
    if (rc == 0)
        rc = negotiate_abi(line->major, line->minor, line->needs_minor, why);
    if (rc == 0 && line->kind == 0)
        rc = refuse(why, "is of a kind that this metrichost " PACKAGE_VERSION
                         " does not know: upgrade metrichost");
    if (rc == 0 && !schema_plugin_name_valid(name))
        rc = refuse(why, "a plugin's name is [a-z0-9][a-z0-9_-]*");
    why->plugin = NULL;
    return rc;
}

static int
add_line(struct scan_file *s, const struct elf_info *info, const char *text)
{
    struct refusal why = {.file = s->path};
    struct line line;
    if (!parse_line(text, &line))
        return add_refused_file(
            s,
            "its section .metrichost_plugin holds a line that is not MH_PLUGIN_INFO's: "
            "%.80s",
            text);
    if (line.major != MH_ABI_MAJOR && is_said_for_us(info, &line))
        return 0;
    int rc = judge_line(s, &line, &why);
    if (rc < 0 && why.reason == NULL)
        return rc;
    return add_entry(s, &line, why.reason);
}

static bool
has_suffixed_export(const struct elf_info *info, const char *suffix)
{
    size_t len = strlen(suffix);
    for (size_t i = 0; i < info->n_exports; i++) {
        size_t name_len = strlen(info->exports[i]);
        if (name_len > len && strcmp(info->exports[i] + name_len - len, suffix) == 0)
            return true;
    }
    return false;
}

static int
add_foreign(struct scan_file *s, const struct elf_info *info)
{
    char later[] = "mh_plugin_entry_v2";
    for (; later[sizeof later - 2] <= '9'; later[sizeof later - 2]++)
        if (elf_info_exports(info, later))
            return add_refused_file(s,
                                    "built for metrichost ABI %c; this metrichost " PACKAGE_VERSION
                                    " speaks %d: install the build of the plugin for ABI %d",
                                    later[sizeof later - 2], MH_ABI_MAJOR, MH_ABI_MAJOR);
    if (elf_info_exports(info, MH_ENTRY_SYMBOL))
        return add_refused_file(s,
                                "has " MH_ENTRY_SYMBOL " but no section .metrichost_plugin: write "
                                "MH_PLUGIN_INFO in it, and link it without --gc-sections");
    const char *what = elf_info_exports(info, "module_register")
                           ? " (it looks like one of collectd)"
                       : has_suffixed_export(info, "_plugin") ? " (it looks like one of Fluent Bit)"
                                                              : "";
    return add_refused_file(
        s,
        "not a metrichost plugin%s: it has no section .metrichost_plugin and no "
        "symbol " MH_ENTRY_SYMBOL,
        what);
}

static int
add_content(struct scan_file *s, const struct elf_info *info)
{
    const char *foreign = elf_info_foreign(info);
    if (foreign != NULL)
        return add_refused_file(s, "is made for %s: install the build for this machine", foreign);
    if (info->n_lines == 0)
        return add_foreign(s, info);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < info->n_lines; i++)
        rc = add_line(s, info, info->lines[i]);
    return rc;
}

int
scan_file(struct scan_file *s)
{
    struct stat st;
    struct elf_info info;
    const char *problem;
    CLEANUP_FD int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) < 0)
        return add_refused_file(s, "cannot be opened: %s", strerror(errno));
    s->identity = file_identity_of(&st);
    if (!S_ISREG(st.st_mode))
        return add_refused_file(s, "is not a regular file");
    if (s->unsafe == NULL && (st.st_mode & S_IWOTH) != 0)
        s->unsafe =
            "the file is writable by others, who could have the daemon run their code: chmod "
            "o-w it";
    int rc = elf_info_read(fd, &info, &problem);
    if (rc == -ENOMEM)
        return rc;
    if (rc < 0)
        return add_refused_file(s, "not a metrichost plugin: it %s", problem);
    rc = add_content(s, &info);
    elf_info_free(&info);
    return rc;
}
