/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_state.c - see process_state.h.
 */
#include "process_state.h"

#include "check.h"

#include <dirent.h>
#include <locale.h>

static unsigned
count_entries(const char *folder)
{
    unsigned n = 0;
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return 0;
    for (struct dirent *d; (d = readdir(dir)) != NULL;)
        n += d->d_name[0] != '.';
    closedir(dir);
    return n;
}

struct process_state
process_state_now(void)
{
    struct process_state now = {.fds = count_entries("/proc/self/fd"),
                                .threads = count_entries("/proc/self/task")};
    struct stat st;
    now.mask = umask(0);
    umask(now.mask);
    if (stat(".", &st) == 0)
        now.folder = st.st_ino;
    snprintf(now.locale, sizeof now.locale, "%s", setlocale(LC_ALL, NULL));
    for (int i = 1; i < (int)COUNT_OF(now.handlers); i++) {
        struct sigaction action;
        if (sigaction(i, NULL, &action) == 0)
            now.handlers[i] = action.sa_handler;
    }
    return now;
}

static bool
differ(bool difference, const char *what)
{
    if (difference)
        note("%s", what);
    return difference;
}

bool
process_state_unchanged(const struct process_state *before)
{
    struct process_state now = process_state_now();
    bool changed = false;
    changed |= differ(now.fds > before->fds, "leaves file descriptors open");
    changed |= differ(now.threads > before->threads, "leaves threads running");
    changed |= differ(now.mask != before->mask, "changes the umask of the process");
    changed |= differ(now.folder != before->folder, "changes the working folder of the process");
    changed |= differ(strcmp(now.locale, before->locale) != 0, "changes the locale of the process");
    for (size_t i = 1; i < COUNT_OF(now.handlers); i++)
        if (now.handlers[i] != before->handlers[i]) {
            note("changes the handler of signal %zu (%s)", i, strsignal((int)i));
            changed = true;
        }
    return !changed;
}
