/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_plugin.c - metrichost-check-plugin: says of a plugin file whether it keeps the promises of
 * the plugin ABI.
 *
 * The parent never runs code of the plugin: it reads the file's lines and starts one child for each
 * test. Output is TAP, of interest to people and to test harnesses alike. Exit: 0 all well, 1 not,
 * 2 wrong usage.
 */
#include "check.h"

#include "plugin/registry.h"
#include "plugin/scan_file.h"
#include "plugin/negotiate.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#define EXIT_USAGE 2

struct options {
    unsigned timeout_s;
    bool in_process, run, list;
    const char *only; /* NULL: all */
    struct fake_option *set;
    size_t n_set;
};

struct tally {
    unsigned done, failed;
};

void
note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

static void
child(const struct test *test, const struct subject *s, int to)
{
    if (dup2(to, STDOUT_FILENO) < 0)
        _exit(VERDICT_FAIL);
    close(to);
    enum verdict verdict = test->run(s);
    fflush(NULL);
    _exit((int)verdict);
}

/* Everything that the child prints until it ends or its time is over. False: it is over. */
static bool
listen_to(int from, unsigned timeout_s, struct buf *ret)
{
    uint64_t deadline = util_monotonic_ns() + timeout_s * UINT64_C(1000000000);
    for (;;) {
        uint64_t now = util_monotonic_ns();
        struct pollfd p = {.fd = from, .events = POLLIN};
        if (now >= deadline)
            return false;
        if (poll(&p, 1, (int)((deadline - now) / 1000000) + 1) <= 0)
            continue;
        char bytes[4096];
        ssize_t n = read(from, bytes, sizeof bytes);
        if (n == 0 || (n < 0 && errno != EINTR))
            return true;
        buf_add(ret, bytes, n > 0 ? (size_t)n : 0);
    }
}

static enum verdict
judge_status(int status, bool in_time, unsigned timeout_s, struct buf *notes)
{
    if (!in_time)
        buf_printf(notes, "does not answer within %u s\n", timeout_s);
    else if (WIFSIGNALED(status))
        buf_printf(notes, "dies of signal %d (%s)\n", WTERMSIG(status),
                   strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) <= VERDICT_SKIP)
        return (enum verdict)WEXITSTATUS(status);
    else
        buf_printf(notes, "exits with %d\n", WEXITSTATUS(status));
    return VERDICT_FAIL;
}

static enum verdict
run_apart(const struct test *test, const struct subject *s, unsigned timeout_s, struct buf *notes)
{
    int pipe_fds[2], status = 0;
    fflush(NULL);
    if (pipe(pipe_fds) < 0)
        return VERDICT_FAIL;
    pid_t pid = fork();
    if (pid == 0) {
        close(pipe_fds[0]);
        child(test, s, pipe_fds[1]);
    }
    close(pipe_fds[1]);
    bool in_time = pid > 0 && listen_to(pipe_fds[0], timeout_s, notes);
    close(pipe_fds[0]);
    if (pid < 0)
        return VERDICT_FAIL;
    if (!in_time)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return judge_status(status, in_time, timeout_s, notes);
}

static void
print_notes(const char *notes)
{
    while (notes != NULL && *notes != '\0') {
        size_t len = strcspn(notes, "\n");
        if (len > 0)
            printf("#   %.*s\n", (int)len, notes);
        notes += len + (notes[len] == '\n');
    }
}

static void
run_test(const struct test *test, const struct subject *s, const struct options *o, struct tally *t)
{
    CLEANUP(buf_free) struct buf notes = {0};
    const char *who = s->name != NULL ? s->name : strrchr(s->file, '/') + 1;
    if ((test->on_request && !o->run) || (o->only != NULL && strcmp(o->only, test->name) != 0))
        return;
    enum verdict verdict = o->in_process ? test->run(s) : run_apart(test, s, o->timeout_s, &notes);
    printf("%s %u - %s: %s%s\n", verdict == VERDICT_FAIL ? "not ok" : "ok", ++t->done, who,
           test->claim, verdict == VERDICT_SKIP ? " # SKIP" : "");
    print_notes(notes.data);
    t->failed += verdict == VERDICT_FAIL;
}

static void
run_tests(const struct test *tests, size_t n, const struct subject *s, const struct options *o,
          struct tally *t)
{
    for (size_t i = 0; i < n; i++)
        run_test(&tests[i], s, o, t);
}

static void
check_entry(const struct plugin_entry *e, const struct options *o, struct tally *t)
{
    struct subject s = {e->file, e->kind, e->name, o->set, o->n_set};
    if (e->refusal != NULL) {
        printf("not ok %u - %s: this host accepts it\n#   %s\n", ++t->done, e->name, e->refusal);
        t->failed++;
        return;
    }
    run_tests(schema_tests, n_schema_tests, &s, o, t);
    run_tests(life_tests, n_life_tests, &s, o, t);
}

static bool
check_file(const char *path, const struct options *o, struct tally *t)
{
    struct found_list found = {0};
    CLEANUP_FREE char *absolute = realpath(path, NULL);
    if (absolute == NULL) {
        fprintf(stderr, "metrichost-check-plugin: %s: %s\n", path, strerror(errno));
        return false;
    }
    struct subject s = {absolute, 0, NULL, o->set, o->n_set};
    struct scan_file scan = {.list = &found, .path = absolute};
    printf("# %s, plugin ABI %d.%d\n", absolute, MH_ABI_MAJOR, MH_ABI_MINOR);
    run_tests(file_tests, n_file_tests, &s, o, t);
    int rc = scan_file(&scan);
    for (size_t i = 0; i < found.n; i++)
        check_entry(&found.items[i]->entry, o, t);
    found_list_free(&found);
    return rc == 0;
}

static void
list_tests(const struct test *tests, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%-14s %s%s\n", tests[i].name, tests[i].claim,
               tests[i].on_request ? " (only with --run)" : "");
}

static int
usage(FILE *to)
{
    fputs("Usage: metrichost-check-plugin [OPTION]... PLUGIN.so...\n"
          "Checks that plugins keep the promises of metrichost's plugin ABI. Prints TAP.\n\n"
          "  -s, --set KEY=VALUE    an option of the plugin's configuration\n"
          "  -r, --run              also start it, let it work for one period, and stop it\n"
          "  -o, --only TEST        only this test\n"
          "  -t, --timeout SECONDS  for each test, 45 unless told\n"
          "  -i, --in-process       no process of its own for each test, for debuggers\n"
          "  -l, --list             list the tests\n"
          "  -h, --help\n"
          "  -V, --version\n\n"
          "Exit status: 0 all well, 1 not, 2 wrong usage. See metrichost-plugin(3).\n",
          to);
    return to == stdout ? 0 : EXIT_USAGE;
}

static bool
add_option(struct options *o, char *text)
{
    char *equals = strchr(text, '=');
    struct fake_option *more = realloc(o->set, (o->n_set + 1) * sizeof *more);
    if (more != NULL)
        o->set = more;
    if (equals == NULL || more == NULL)
        return false;
    *equals = '\0';
    more[o->n_set++] = (struct fake_option){text, equals + 1};
    return true;
}

static bool
parse_seconds(const char *text, unsigned *ret)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    *ret = (unsigned)n;
    return *text >= '1' && *text <= '9' && *end == '\0' && n <= 86400;
}

/* Returns -1 to go on, or the exit status. */
static int
parse_options(int argc, char **argv, struct options *o)
{
    static const struct option known[] = {
        {"set", required_argument, NULL, 's'},
        {"run", no_argument, NULL, 'r'},
        {"only", required_argument, NULL, 'o'},
        {"timeout", required_argument, NULL, 't'},
        {"in-process", no_argument, NULL, 'i'},
        {"list", no_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    for (int c; (c = getopt_long(argc, argv, "s:ro:t:ilhV", known, NULL)) >= 0;) {
        if (c == 'r')
            o->run = true;
        else if (c == 'i')
            o->in_process = true;
        else if (c == 'l')
            o->list = true;
        else if (c == 'o')
            o->only = optarg;
        else if (c == 'h')
            return usage(stdout);
        else if (c == 'V')
            return printf("metrichost-check-plugin %s, plugin ABI %d.%d\n", PACKAGE_VERSION,
                          MH_ABI_MAJOR, MH_ABI_MINOR) < 0;
        else if ((c == 's' && !add_option(o, optarg)) ||
                 (c == 't' && !parse_seconds(optarg, &o->timeout_s)) || c == '?')
            return usage(stderr);
    }
    return optind < argc || o->list ? -1 : usage(stderr);
}

int
main(int argc, char **argv)
{
    struct options o = {.timeout_s = 45};
    struct tally t = {0};
    int status = parse_options(argc, argv, &o);
    if (status < 0 && o.list) {
        list_tests(file_tests, n_file_tests);
        list_tests(schema_tests, n_schema_tests);
        list_tests(life_tests, n_life_tests);
        status = 0;
    } else if (status < 0) {
        status = 0;
        for (; optind < argc; optind++)
            if (!check_file(argv[optind], &o, &t))
                status = EXIT_USAGE;
        printf("1..%u\n", t.done);
        if (status == 0)
            status = t.failed > 0 || t.done == 0;
    }
    free(o.set);
    return status;
}
