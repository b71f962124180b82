/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stub_server.c - see the header. Failures of the set-up itself abort: they are no result.
 */
#include "stub_server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *
source_folder(void)
{
    const char *folder = getenv("top_srcdir");
    return folder != NULL ? folder : ".";
}

static char *
make_path(const char *folder, const char *sub, const char *name)
{
    char *path;
    int len = asprintf(&path, "%s/%s%s", folder, sub, name);
    assert(len > 0);
    return path;
}

static char *
read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;
    ssize_t len;
    if (file == NULL)
        return NULL;
    len = getdelim(&text, &size, '\0', file);
    fclose(file);
    if (len < 0) {
        free(text);
        return strdup("");
    }
    return text;
}

char *
read_fixture(const char *name)
{
    char *path = make_path(source_folder(), "tests/fixtures/", name);
    char *text = read_file(path);
    if (text == NULL) {
        fprintf(stderr, "no fixture %s: set top_srcdir\n", path);
        abort();
    }
    free(path);
    return text;
}

void
stub_server_put(const struct stub_server *server, const char *name, const char *text)
{
    /* Moved into place, so that the server never reads half of it. */
    char *path = make_path(server->folder, "", name);
    char *fresh = make_path(server->folder, "", "fresh");
    FILE *file = fopen(fresh, "we");
    assert(file != NULL);
    fputs(text, file);
    fclose(file);
    if (rename(fresh, path) < 0)
        abort();
    free(fresh);
    free(path);
}

void
stub_server_put_fixture(const struct stub_server *server, const char *name, const char *fixture)
{
    char *text = read_fixture(fixture);
    stub_server_put(server, name, text);
    free(text);
}

void
stub_server_remove(const struct stub_server *server, const char *name)
{
    char *path = make_path(server->folder, "", name);
    if (unlink(path) < 0 && errno != ENOENT)
        abort();
    free(path);
}

int
stub_server_requests(const struct stub_server *server)
{
    char *path = make_path(server->folder, "", "requests.log");
    char *text = read_file(path);
    int n = 0;
    for (const char *p = text; p != NULL && *p != '\0'; p++)
        n += *p == '\n';
    free(text);
    free(path);
    return n;
}

bool
stub_server_is_possible(void)
{
    pid_t pid = fork();
    int status = 0;
    if (pid == 0) {
        execlp("python3", "python3", "-c", "", (char *)NULL);
        _exit(127);
    }
    if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0)
        return true;
    puts("SKIP: no python3 for the stub server");
    return false;
}

static void
run_server(const char *script, const char *folder, const char *const *args, int in, int out)
{
    const char *argv[8] = {"python3", script};
    size_t n = 2;
    for (; *args != NULL && n < 7; args++)
        argv[n++] = strcmp(*args, "FOLDER") == 0 ? folder : *args;
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    execvp("python3", (char *const *)(uintptr_t)argv);
    _exit(127);
}

static bool
read_port(int fd, int *ret)
{
    FILE *file = fdopen(fd, "r");
    bool good = file != NULL && fscanf(file, "port %d", ret) == 1;
    if (file != NULL)
        fclose(file);
    return good;
}

bool
stub_server_start(struct stub_server *server, const char *name, const char *const *args)
{
    char folder[] = "/tmp/metrichost-stub-XXXXXX";
    char *script = make_path(source_folder(), "tests/stubs/", name);
    int in[2], out[2];
    if (mkdtemp(folder) == NULL || pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        abort();
    *server = (struct stub_server){.folder = strdup(folder), .stop_fd = in[1]};
    server->pid = fork();
    if (server->pid == 0)
        run_server(script, folder, args, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    free(script);
    if (server->pid > 0 && read_port(out[0], &server->port))
        return true;
    stub_server_stop(server);
    return false;
}

static void
remove_folder(const char *folder)
{
    static const char *const names[] = {"task.json",   "stats.json",  "taskWithTags.json",
                                        "task.reply",  "stats.reply", "taskWithTags.reply",
                                        "requests.log"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = make_path(folder, "", names[i]);
        unlink(path);
        free(path);
    }
    rmdir(folder);
}

void
stub_server_stop(struct stub_server *server)
{
    close(server->stop_fd);
    if (server->pid > 0)
        waitpid(server->pid, NULL, 0);
    remove_folder(server->folder);
    free(server->folder);
    *server = (struct stub_server){.stop_fd = -1};
}
