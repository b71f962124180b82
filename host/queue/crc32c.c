/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc32c.c - CRC-32C by instruction (SSE 4.2, ARMv8 CRC) or by eight tables, chosen once at run
 * time.
 */
#include "queue/crc32c.h"

#include <endian.h>
#include <pthread.h>

#if defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

#define POLYNOMIAL 0x82F63B78u /* reflected */

static uint32_t tables[8][256];
static uint32_t (*implementation)(uint32_t, const uint8_t *, size_t);
static pthread_once_t chosen = PTHREAD_ONCE_INIT;

static uint64_t
load64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return le64toh(v);
}

static void
make_tables(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;

        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) ? POLYNOMIAL : 0);
        tables[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int t = 1; t < 8; t++)
            tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 0xff];
}

/* Eight bytes a step, each through the table of its distance from the end ("slicing by 8"). */
static uint32_t
by_tables(uint32_t crc, const uint8_t *p, size_t len)
{
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t v = load64(p) ^ crc;

        crc = 0;
        for (int t = 0; t < 8; t++)
            crc ^= tables[7 - t][(v >> (8 * t)) & 0xff];
    }
    for (; len > 0; p++, len--)
        crc = (crc >> 8) ^ tables[0][(crc ^ *p) & 0xff];
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t
by_instruction(uint32_t crc, const uint8_t *p, size_t len)
{
    uint64_t wide = crc;

    for (; len >= 8; p += 8, len -= 8)
        wide = __builtin_ia32_crc32di(wide, load64(p));
    crc = (uint32_t)wide;
    for (; len > 0; p++, len--)
        crc = __builtin_ia32_crc32qi(crc, *p);
    return crc;
}

static bool
has_instruction(void)
{
    return __builtin_cpu_supports("sse4.2");
}
#elif defined(__aarch64__)
__attribute__((target("+crc"))) static uint32_t
by_instruction(uint32_t crc, const uint8_t *p, size_t len)
{
    for (; len >= 8; p += 8, len -= 8)
        crc = __crc32cd(crc, load64(p));
    for (; len > 0; p++, len--)
        crc = __crc32cb(crc, *p);
    return crc;
}

static bool
has_instruction(void)
{
    return (getauxval(AT_HWCAP) & (1u << 7)) != 0; /* HWCAP_CRC32 */
}
#else
#define by_instruction by_tables
static bool
has_instruction(void)
{
    return false;
}
#endif

static void
choose(void)
{
    make_tables();
    implementation = has_instruction() ? by_instruction : by_tables;
}

uint32_t
crc32c(uint32_t crc, const void *bytes, size_t len)
{
    pthread_once(&chosen, choose);
    return ~implementation(~crc, bytes, len);
}

uint32_t
crc32c_portable(uint32_t crc, const void *bytes, size_t len)
{
    pthread_once(&chosen, choose);
    return ~by_tables(~crc, bytes, len);
}
