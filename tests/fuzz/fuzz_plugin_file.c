/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_plugin_file.c - any bytes as a plugin file of a scan: the ELF reader and the lines that it
 * finds.
 *
 * Beyond not crashing: each entry either carries a refusal or has a known kind, a valid name and
 * our ABI.
 */
#include "plugin/negotiate.h"
#include "plugin/scan_file.h"

#include <errno.h>
#include <fcntl.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];

static void
remove_file(void)
{
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

static void
choose_path(void)
{
    char folder[] = "/tmp/fuzz-plugin.XXXXXX";
    if (mkdtemp(folder) == NULL)
        abort();
    snprintf(path, sizeof path, "%s/x.so", folder);
    atexit(remove_file);
}

static void
write_file(const uint8_t *data, size_t size)
{
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
}

static void
check_entry(const struct plugin_entry *e)
{
    bool usable = e->kind >= MH_KIND_INPUT && e->kind <= MH_KIND_OUTPUT &&
                  schema_plugin_name_valid(e->name) && e->abi_major == MH_ABI_MAJOR;
    if (e->name == NULL || e->version == NULL || (e->refusal == NULL && !usable))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct found_list found = {0};
    if (path[0] == '\0')
        choose_path();
    write_file(data, size);
    struct scan_file scan = {.list = &found, .path = path};
    if (scan_file(&scan) < 0 || found.n == 0)
        abort();
    for (size_t i = 0; i < found.n; i++)
        check_entry(&found.items[i]->entry);
    found_list_free(&found);
    return 0;
}
