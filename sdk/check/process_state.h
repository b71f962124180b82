/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_state.h - what of a process belongs to the daemon and not to a plugin: descriptors,
 * threads, working folder, umask, locale, signal handlers.
 */
#ifndef MH_PROCESS_STATE_H
#define MH_PROCESS_STATE_H

#include "util/util.h"

#include <signal.h>
#include <sys/stat.h>

struct process_state {
    unsigned fds, threads;
    mode_t mask;
    ino_t folder;
    char locale[64];
    void (*handlers[65])(int); /* by signal number */
};

struct process_state process_state_now(void);

/* Notes each difference between then and now. Descriptors count only when there are more than
 * before. */
bool process_state_unchanged(const struct process_state *before);

#endif
