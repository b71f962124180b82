/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stub_server.h - a server of tests/stubs as a child of a unit test, and the folder that it serves
 * from.
 */
#ifndef STUB_SERVER_H
#define STUB_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct stub_server {
    pid_t pid;
    int stop_fd; /* its standard input: closed, it ends */
    int port;
    char *folder; /* temporary, owned */
};

/* False: stub servers cannot run here; the test program then ends with 77, which skips it. Says why. */
bool stub_server_is_possible(void);

/* Starts tests/stubs/NAME with up to four arguments (NULL-terminated list; "FOLDER" stands for a
 * new temporary folder). False: there is no python3, or it does not start; the test then skips. */
bool stub_server_start(struct stub_server *server, const char *name, const char *const *args);
void stub_server_stop(struct stub_server *server);

/* Puts a file into the folder: a text, or a copy of a file of tests/fixtures. */
void stub_server_put(const struct stub_server *server, const char *name, const char *text);
void stub_server_put_fixture(const struct stub_server *server, const char *name,
                             const char *fixture);
void stub_server_remove(const struct stub_server *server, const char *name);
/* How many lines FOLDER/requests.log has. */
int stub_server_requests(const struct stub_server *server);

/* A whole file of tests/fixtures; the caller frees. Aborts when it is not there. */
char *read_fixture(const char *name);

#endif
