/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_path.c - where a container's cgroup is, from the text of /proc/<pid>/cgroup.
 *
 * A process may sit in a cgroup below its container's (an init system inside it, podman's
 * "container" child), so a path ends behind the element that holds the container's id.
 */
#include "cgroup.h"
#include "support.h"

#include <errno.h>

static const char *const names[CG_UNIFIED] = {"cpu", "cpuacct", "memory", "blkio", "pids"};

/* Length of the path up to the end of the element with the id; 0: it has none. */
static size_t
length_with_id(const char *path, size_t len, const char *id)
{
    const char *found = memmem(path, len, id, strlen(id));
    const char *slash;
    if (found == NULL)
        return 0;
    slash = memchr(found, '/', len - (size_t)(found - path));
    return slash == NULL ? len : (size_t)(slash - path);
}

static int
set_path(char **slot, const char *path, size_t len)
{
    if (*slot == NULL)
        *slot = strndup(path, len);
    return *slot == NULL ? -ENOMEM : 0;
}

/* Sets the path of each controller in the comma separated list; an empty list is cgroup v2's. */
static int
set_paths(const char *list, size_t list_len, const char *path, size_t path_len,
          char *ret[CG_CONTROLLERS])
{
    int result = 0;
    if (list_len == 0)
        return set_path(&ret[CG_UNIFIED], path, path_len);
    while (list_len > 0 && result == 0) {
        const char *comma = memchr(list, ',', list_len);
        size_t word_len = comma == NULL ? list_len : (size_t)(comma - list);
        for (int n = 0; n < CG_UNIFIED && result == 0; n++)
            if (strlen(names[n]) == word_len && memcmp(names[n], list, word_len) == 0)
                result = set_path(&ret[n], path, path_len);
        list += word_len + (comma != NULL);
        list_len -= word_len + (comma != NULL);
    }
    return result;
}

/* One line: "4:memory:/docker/<id>" or "0::/system.slice/docker-<id>.scope". 1: it holds the id. */
static int
parse_line(const char *line, const char *id, char *ret[CG_CONTROLLERS])
{
    size_t len = strcspn(line, "\n"), path_len;
    const char *list = memchr(line, ':', len);
    const char *path = list == NULL ? NULL : memchr(list + 1, ':', len - (size_t)(list + 1 - line));
    int result;
    if (path == NULL)
        return 0;
    list++;
    path_len = length_with_id(path + 1, len - (size_t)(path + 1 - line), id);
    if (path_len == 0)
        return 0;
    result = set_paths(list, (size_t)(path - list), path + 1, path_len, ret);
    return result < 0 ? result : 1;
}

int
cgroup_parse_paths(const char *text, const char *id, char *ret[CG_CONTROLLERS])
{
    int found = 0;
    for (; text != NULL; text = text_next_line(text)) {
        int result = parse_line(text, id, ret);
        if (result < 0)
            return result;
        found += result;
    }
    return found > 0 ? 0 : -ENXIO;
}
