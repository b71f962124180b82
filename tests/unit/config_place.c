/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_place.c - see config_place.h.
 */
#include "config_place.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <setjmp.h>
#include <sys/stat.h>

#include <cmocka.h>

int
place_set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    p->folder = strdup("/tmp/mh-test-config-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    p->options.path_config = p->folder;
    p->options.path_data = p->folder;
    p->options.strict_perms = true;
    *state = p;
    return 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)kind, (void)ftw;
    return remove(path);
}

int
place_tear_down(void **state)
{
    struct place *p = *state;
    settings_free(p->settings);
    diagnostics_free(&p->d);
    int r = nftw(p->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(p->folder);
    free(p);
    return r;
}

void
place_write_bytes(struct place *p, const char *name, const char *content, size_t len)
{
    CLEANUP_FREE char *path = util_printf("%s/%s", p->folder, name);
    CLEANUP_FREE char *copy = strdup(path);
    assert_int_equal(util_make_dirs(dirname(copy), 0700), 0);
    assert_int_equal(util_write_file_atomic(path, content, len, 0600), 0);
}

const char *
place_write(struct place *p, const char *name, const char *content)
{
    static char *path;
    free(path);
    path = util_printf("%s/%s", p->folder, name);
    place_write_bytes(p, name, content, strlen(content));
    return path;
}

void
place_run(struct place *p, int want)
{
    settings_free(p->settings);
    p->settings = NULL;
    diagnostics_free(&p->d);
    p->d = (struct diagnostics){0};
    int r = settings_load(&p->options, &p->d, &p->settings);
    if (r != want)
        fail_msg("settings_load gave %d:\n%s", r, p->d.text.data != NULL ? p->d.text.data : "");
    assert_int_equal(p->settings != NULL, want == 0);
}

void
place_load(struct place *p, const char *yaml)
{
    place_write(p, "metrichost.yml", yaml);
    place_run(p, 0);
}

void
place_load_wrong(struct place *p, const char *yaml)
{
    place_write(p, "metrichost.yml", yaml);
    place_run(p, -EINVAL);
}

void
place_expect(struct place *p, const char *path, const char *want)
{
    const char *got = NULL;
    assert_int_equal(config_ops.get_string(p->settings->root, path, &got), MH_OK);
    if (want == NULL)
        assert_null(got);
    else if (got == NULL)
        fail_msg("%s is absent", path);
    else
        assert_string_equal(got, want);
}

void
place_expect_message(struct place *p, const char *want)
{
    CLEANUP(buf_free) struct buf text = {0};
    for (const char *c = want; *c != '\0'; c++)
        if (c[0] == '%' && c[1] == 's')
            buf_add_text(&text, p->folder), c++;
        else
            buf_add_char(&text, *c);
    if (p->d.text.data == NULL || strstr(p->d.text.data, text.data) == NULL)
        fail_msg("expected:\n%s\ngot:\n%s", text.data,
                 p->d.text.data != NULL ? p->d.text.data : "(nothing)");
}
