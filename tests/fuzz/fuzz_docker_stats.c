/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_docker_stats.c - any bytes as two answers of GET /containers/{id}/stats, parted by a zero
 * byte: samples, rates between them and what is told from one sample. Rates are finite and
 * believable whatever the counters say.
 */
#include "fuzz_docker.h"
#include "history.h"
#include "rate.h"
#include "usage.h"

#include <math.h>

static struct json *json;
static struct usage usage;
static struct history history;
static struct rates rates;

static void
must(bool truth)
{
    if (!truth)
        abort();
}

static void
check_share(const struct rates_share *share)
{
    must(!share->known || (share->pct >= 0 && isfinite(share->pct) && share->norm <= 1.25 + 1e-9));
}

static void
check_rates(void)
{
    check_share(&rates.cpu.total);
    check_share(&rates.cpu.kernel);
    for (size_t n = 0; n < rates.cpu.n_cores; n++)
        check_share(&rates.cpu.cores[n]);
    for (int op = 0; op < IO_OPS; op++)
        must(isnan(rates.io[op]) || (rates.io[op] >= 0 && isfinite(rates.io[op])));
    for (size_t n = 0; n < usage.network.n_interfaces && n < rates.cap_interfaces; n++)
        must(isnan(rates.network[n][0][0]) ||
             (rates.network[n][0][0] >= 0 && isfinite(rates.network[n][0][0])));
}

static void
take_sample(const char *text, size_t len, uint64_t moment_ns)
{
    static const uint32_t skip[] = {9, 253};
    usage_reset(&usage);
    usage.skip_majors = skip;
    usage.n_skip_majors = 2;
    if (json_parse(json, text, len) < 0 || !usage_read_stats(json_root(json), &usage))
        return;
    usage.taken_ns = moment_ns;
    must(usage.memory.usage == ABSENT || usage_memory_used(&usage) <= usage.memory.usage);
    usage_memory_anon(&usage);
    usage_memory_file(&usage);
    rates_compute(&rates, &history, &usage);
    check_rates();
    history_keep(&history, &usage);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    size_t first;
    const char *end = memchr(text, '\0', size);
    json = json == NULL ? json_new(NULL) : json;
    first = end == NULL ? size : (size_t)(end - text);
    take_sample(text, first, UINT64_C(1000000000));
    if (end != NULL)
        take_sample(end + 1, size - first - 1, UINT64_C(11000000000));
    history_free(&history);
    return 0;
}
