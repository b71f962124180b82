/* SPDX-License-Identifier: Apache-2.0 */
/* status.c - `metrichost status`: asks the running daemon through its socket in path.data. */
#include "cli/commands.h"
#include "config/yaml.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { ANSWER_LIMIT_S = 5, ANSWER_MAX = 16 * 1024 * 1024 };

static const struct cli_option options[] = {
    {.name = "json", .summary = "Prints the answer as it came, one JSON object"},
    {.name = "health",
     .summary = "Prints nothing; 0 when the daemon answers and no instance hangs"},
    {0},
};

static int
dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = ANSWER_LIMIT_S};
    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
        connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int r = -errno;
    if (fd >= 0)
        close(fd);
    return r;
}

static int
ask(const char *path, struct buf *answer)
{
    CLEANUP_FD int fd = dial(path);
    char part[4096];
    ssize_t n;
    if (fd < 0)
        return fd;
    while ((n = recv(fd, part, sizeof part, 0)) > 0 && answer->len < ANSWER_MAX)
        buf_add(answer, part, (size_t)n);
    if (n < 0)
        return -errno;
    return answer->failed ? -ENOMEM : 0;
}

static const char *
text_at(const struct mh_config *node, const char *path)
{
    const char *text = NULL;
    config_ops.get_string(node, path, &text);
    return text != NULL ? text : "-";
}

static void
print_ledger(const struct mh_config *root)
{
    const struct mh_config *rows = config_ops.find(root, "ledger.instances");
    printf("\n%-48s %12s %12s %10s %10s %13s\n", "INSTANCE", "COLLECTED", "DELIVERED", "QUEUED",
           "DROPPED", "DEAD-LETTERED");
    for (uint32_t i = 0; i < config_ops.count(rows); i++) {
        const struct mh_config *row = config_ops.at(rows, i);
        printf("%-48s %12s %12s %10s %10s %13s\n", text_at(row, "name"), text_at(row, "collected"),
               text_at(row, "delivered"), text_at(row, "queued"), text_at(row, "dropped.total"),
               text_at(row, "dead_lettered"));
        const struct mh_config *dropped = config_ops.find(row, "dropped");
        for (uint32_t k = 1; k < config_ops.count(dropped); k++)
            printf("  dropped because of %s: %s\n", config_ops.key_at(dropped, k),
                   text_at(config_ops.at(dropped, k), NULL));
    }
}

static void
print_instances(const struct mh_config *root)
{
    const struct mh_config *list = config_ops.find(root, "instances");
    printf("\n%-10s %-48s %-9s %s\n", "KIND", "NAME", "STATE", "STATISTICS");
    for (uint32_t i = 0; i < config_ops.count(list); i++) {
        const struct mh_config *one = config_ops.at(list, i);
        const struct mh_config *statistics = config_ops.find(one, "statistics");
        printf("%-10s %-48s %-9s", text_at(one, "kind"), text_at(one, "name"),
               text_at(one, "state"));
        for (uint32_t k = 0; k < config_ops.count(statistics); k++)
            printf(" %s=%s", config_ops.key_at(statistics, k),
                   text_at(config_ops.at(statistics, k), NULL));
        putchar('\n');
    }
}

static bool
something_hangs(const struct mh_config *root)
{
    const struct mh_config *list = config_ops.find(root, "instances");
    for (uint32_t i = 0; i < config_ops.count(list); i++)
        if (strcmp(text_at(config_ops.at(list, i), "state"), "hung") == 0)
            return true;
    return false;
}

static int
show(const struct command_line *line, const struct buf *answer)
{
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    if (cli_switch(line, "json", false)) {
        fwrite(answer->data, 1, answer->len, stdout);
        return 0;
    }
    struct mh_config *root = yaml_load(answer->data, answer->len, "status", &d);
    if (root == NULL)
        return cli_fail("the daemon's answer cannot be read");
    int status = something_hangs(root);
    if (!cli_switch(line, "health", false)) {
        printf("metrichost %s, pid %s, up %s s; queue (%s): %s records, %s bytes\n",
               text_at(root, "version"), text_at(root, "pid"), text_at(root, "uptime_s"),
               text_at(root, "queue.type"), text_at(root, "queue.entries"),
               text_at(root, "queue.bytes"));
        print_ledger(root);
        print_instances(root);
    }
    config_node_free(root);
    return status;
}

/* A root user's answer to a wrong configuration must not depend on that configuration: only the
 * paths are read. */
static int
run_status(const struct command_line *line)
{
    CLEANUP(paths_free) struct paths paths = {0};
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    CLEANUP(buf_free) struct buf answer = {0};
    if (settings_paths(&line->config, &paths, &d) < 0)
        return cli_report(&d) != 0 ? 1 : cli_fail("out of memory");
    CLEANUP_FREE char *path = util_printf("%s/metrichost.sock", paths.data);
    int r = path != NULL ? ask(path, &answer) : -ENOMEM;
    if (r < 0)
        return cli_fail("no running metrichost answers at %s: %s%s", path != NULL ? path : "",
                        strerror(-r),
                        r == -EACCES ? "; run this as the user of the daemon"
                                     : "; is it running, and is path.data the same?");
    return show(line, &answer);
}

const struct cli_command command_status = {
    .name = "status",
    .arguments = "",
    .summary = "Shows what the running daemon has collected, delivered, queued and dropped",
    .details = "For every input instance collected = delivered + queued + dropped + dead-lettered "
               "holds exactly, also across\n"
               "restarts. With --health it serves as a container's health check.",
    .options = options,
    .run = run_status,
};
