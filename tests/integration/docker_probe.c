/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker_probe.c - runs the docker input alone, in the tests' host, against a real engine:
 *
 *   docker_probe CONFIG.yml COLLECTS [SECONDS_BETWEEN [METRICSET...]]
 *
 * Prints one JSON document a line; behind what came up to a collect and in it a line "-- RESULT
 * CPU_NS WORDS". Statistics and the log go to standard error. A line on standard input (or its end)
 * also ends the pause, when SECONDS_BETWEEN is "step".
 */
#include "plugin.h"
#include "testhost.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *
read_all(const char *path)
{
    char *text = calloc(1, 65536);
    FILE *file = fopen(path, "re");
    if (file == NULL || text == NULL || fread(text, 1, 65535, file) == 0) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return text;
}

static long long
cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* False: standard input has ended, and so shall the run. */
static bool
pause_between(const char *how)
{
    char line[64];
    struct timespec t = {0};
    double seconds;
    if (strcmp(how, "step") == 0) {
        return fgets(line, sizeof line, stdin) != NULL;
    }
    seconds = atof(how);
    t.tv_sec = (time_t)seconds;
    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    nanosleep(&t, NULL);
    return true;
}

static void
print_documents(struct testhost *t)
{
    char *documents = testhost_take_documents(t);
    if (documents != NULL)
        fputs(documents, stdout);
    free(documents);
    fflush(stdout);
}

static void
collect_once(struct testhost *t)
{
    long long before = cpu_ns();
    int32_t result = testhost_collect(t);
    long long used = cpu_ns() - before;
    print_documents(t);
    printf("-- %d %lld %s\n", (int)result, used, result == MH_OK ? "" : testhost_words(t));
    fflush(stdout);
}

static void
print_statistics(struct testhost *t)
{
    static const char *const names[] = {
        "api_requests", "api_errors",       "api_ns", "containers", "breaker_open",
        "engine_up",    "rejected_samples", "events", "reconnects", "final_samples"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        fprintf(stderr, "%s=%lld\n", names[n], (long long)testhost_statistic(t, names[n]));
    fputs(testhost_log(t), stderr);
}

int
main(int argc, char **argv)
{
    char *yaml = argc < 3 ? NULL : read_all(argv[1]);
    struct testhost *t;
    if (yaml == NULL) {
        fputs("usage: docker_probe CONFIG.yml COLLECTS [SECONDS_BETWEEN|step]\n", stderr);
        return 2;
    }
    t = testhost_new(&docker_plugin, yaml);
    if (argc > 4)
        testhost_metricsets(t, (const char *const *)&argv[4]);
    if (testhost_create(t) != MH_OK || testhost_start(t) != MH_OK) {
        fprintf(stderr, "%s%s\n", testhost_findings(t), testhost_words(t));
        return 1;
    }
    for (int n = 0; n < atoi(argv[2]); n++) {
        if (n > 0 && !pause_between(argc > 3 ? argv[3] : "1"))
            break;
        collect_once(t);
    }
    print_documents(t);
    print_statistics(t);
    testhost_free(t);
    free(yaml);
    return 0;
}
