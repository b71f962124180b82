/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c - see the header. Files are those of os-release(5) and machine-id(5).
 */
#include "facts.h"

#include "support.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/utsname.h>

/* A line of os-release or of a cgroup file is some hundred bytes; a file that is larger is not what
 * we look for. */
#define MAX_FILE (64 * 1024)

void
facts_free(struct facts *facts)
{
    free(facts->hostname);
    free(facts->architecture);
    free(facts->kernel);
    free(facts->id);
    free(facts->os_platform);
    free(facts->os_family);
    free(facts->os_name);
    free(facts->os_version);
    free(facts->os_codename);
    free(facts->os_build);
    *facts = (struct facts){0};
}

static FILE *
open_below(const char *root, const char *name)
{
    CLEANUP_FREE char *path = NULL;
    if (asprintf(&path, "%s%s", root, name) < 0) {
        path = NULL;
        return NULL;
    }
    return fopen(path, "re");
}

static bool
exists_below(const char *root, const char *name)
{
    CLEANUP_FREE char *path = NULL;
    struct stat st;
    if (asprintf(&path, "%s%s", root, name) < 0) {
        path = NULL;
        return false;
    }
    return stat(path, &st) == 0;
}

/* The start of a small file as text; NULL when it cannot be read or is empty. The caller frees. */
static char *
read_text(const char *root, const char *name)
{
    CLEANUP_FILE FILE *file = open_below(root, name);
    CLEANUP_FREE char *text = NULL;
    size_t len;
    if (file == NULL)
        return NULL;
    text = malloc(MAX_FILE);
    if (text == NULL)
        return NULL;
    len = fread(text, 1, MAX_FILE - 1, file);
    text[len] = '\0';
    return len > 0 ? take(text) : NULL;
}

/* A value of os-release without its quotes, in place. */
static char *
unquote(char *value)
{
    size_t len = strcspn(value, "\r\n");
    value[len] = '\0';
    if (len < 2 || (value[0] != '"' && value[0] != '\'') || value[len - 1] != value[0])
        return value;
    value[len - 1] = '\0';
    return value + 1;
}

static void
keep(char **field, const char *value)
{
    if (value[0] == '\0')
        return;
    free(*field);
    *field = strdup(value);
}

static void
read_pair(struct facts *facts, const char *key, const char *value)
{
    if (strcmp(key, "ID") == 0)
        keep(&facts->os_platform, value);
    else if (strcmp(key, "NAME") == 0)
        keep(&facts->os_name, value);
    else if (strcmp(key, "VERSION") == 0)
        keep(&facts->os_version, value);
    else if (strcmp(key, "VERSION_ID") == 0 && facts->os_version == NULL)
        keep(&facts->os_version, value);
    else if (strcmp(key, "VERSION_CODENAME") == 0)
        keep(&facts->os_codename, value);
    else if (strcmp(key, "BUILD_ID") == 0)
        keep(&facts->os_build, value);
    else if (strcmp(key, "ID_LIKE") == 0)
        keep(&facts->os_family, value); /* settled below, when ID is known too */
}

static FILE *
open_os_release(const char *root)
{
    FILE *file = open_below(root, "/etc/os-release");
    return file != NULL ? file : open_below(root, "/usr/lib/os-release");
}

static void
read_os_release(struct facts *facts, const char *root)
{
    CLEANUP_FILE FILE *file = open_os_release(root);
    CLEANUP_FREE char *line = NULL;
    size_t size = 0;
    while (file != NULL && getline(&line, &size, file) >= 0) {
        char *equals = strchr(line, '=');
        if (line[0] == '#' || equals == NULL)
            continue;
        *equals = '\0';
        read_pair(facts, line, unquote(equals + 1));
    }
}

struct family {
    const char *name;
    const char *members; /* words with a blank before and after each */
};

static const struct family families[] = {
    {"redhat", " rhel fedora centos amzn ol rocky almalinux scientific virtuozzo eurolinux "},
    {"debian", " debian ubuntu raspbian linuxmint devuan kali "},
    {"suse", " suse sles sled opensuse opensuse-leap opensuse-tumbleweed "},
    {"arch", " arch manjaro antergos "},
    {"alpine", " alpine "},
    {"gentoo", " gentoo "},
};

static bool
is_member(const struct family *family, const char *word, size_t len)
{
    const char *p = family->members;
    while ((p = strchr(p, ' ')) != NULL && p[1] != '\0') {
        p++;
        if (strncmp(p, word, len) == 0 && p[len] == ' ')
            return true;
    }
    return false;
}

/* Family of the first known word in a list of distribution ids, or NULL. */
static const char *
family_of(const char *ids)
{
    while (ids != NULL && *ids != '\0') {
        size_t len = strcspn(ids, " ");
        for (size_t i = 0; len > 0 && i < COUNT_OF(families); i++) {
            if (is_member(&families[i], ids, len))
                return families[i].name;
        }
        ids += len + (ids[len] == ' ');
    }
    return NULL;
}

/* os_family holds ID_LIKE so far. A distribution of a family of its own is its own family. */
static void
settle_family(struct facts *facts)
{
    const char *family = family_of(facts->os_platform);
    if (family == NULL)
        family = family_of(facts->os_family);
    if (family == NULL)
        family = facts->os_platform;
    free(facts->os_family);
    facts->os_family = family != NULL ? strdup(family) : NULL;
}

static bool
is_machine_id(const char *text)
{
    return strspn(text, "0123456789abcdefABCDEF") == 32 && text[32] == '\0';
}

static char *
read_machine_id(const char *root)
{
    static const char *const names[] = {"/etc/machine-id", "/var/lib/dbus/machine-id"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CLEANUP_FREE char *text = read_text(root, names[i]);
        if (text == NULL)
            continue;
        text[strcspn(text, "\r\n")] = '\0';
        if (is_machine_id(text))
            return take(text);
    }
    return NULL;
}

static bool
cgroup_names_a_container(const char *root)
{
    static const char *const words[] = {"docker",     "kubepods", "/ecs/",
                                        "containerd", "libpod",   "/lxc/"};
    CLEANUP_FREE char *text = read_text(root, "/proc/1/cgroup");
    for (size_t i = 0; text != NULL && i < COUNT_OF(words); i++) {
        if (strstr(text, words[i]) != NULL)
            return true;
    }
    return false;
}

/* Runtimes leave marks: a file, a variable, or their name in the first process's cgroup. */
static bool
is_containerized(const char *root)
{
    return exists_below(root, "/.dockerenv") || exists_below(root, "/run/.containerenv") ||
           getenv("container") != NULL || getenv("KUBERNETES_SERVICE_HOST") != NULL ||
           getenv("ECS_CONTAINER_METADATA_URI_V4") != NULL || cgroup_names_a_container(root);
}

int
facts_read(struct facts *facts, const char *root)
{
    struct utsname name;
    if (uname(&name) < 0)
        return -errno;
    facts->hostname = strdup(name.nodename);
    facts->architecture = strdup(name.machine);
    facts->kernel = strdup(name.release);
    if (facts->hostname == NULL || facts->architecture == NULL || facts->kernel == NULL)
        return -ENOMEM;
    read_os_release(facts, root);
    settle_family(facts);
    facts->id = read_machine_id(root);
    facts->containerized = is_containerized(root);
    return 0;
}
