/* SPDX-License-Identifier: Apache-2.0 */
/* identity.c - see identity.h. */
#include "record/identity.h"

#include <pthread.h>

static struct {
    pthread_mutex_t lock;
    bool seeded;
    uint8_t process[5];
    uint64_t last_ms;
    uint32_t counter;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The clock may jump back; identities must not. The counter runs on, so that within one millisecond
 * they still grow; when it wraps, the millisecond is moved on. */
static void
next(uint64_t *ret_ms, uint32_t *ret_counter)
{
    uint64_t now_ms = (uint64_t)util_realtime_ns() / 1000000;
    if (now_ms > state.last_ms)
        state.last_ms = now_ms;
    if (++state.counter == 0)
        state.last_ms++;
    *ret_ms = state.last_ms;
    *ret_counter = state.counter;
}

void
identity_make(uint8_t id[15])
{
    uint64_t ms;
    uint32_t counter;
    pthread_mutex_lock(&state.lock);
    if (!state.seeded) {
        util_random(state.process, sizeof state.process);
        state.seeded = true;
    }
    next(&ms, &counter);
    pthread_mutex_unlock(&state.lock);
    for (int i = 0; i < 6; i++)
        id[i] = (uint8_t)(ms >> (40 - 8 * i));
    memcpy(id + 6, state.process, sizeof state.process);
    for (int i = 0; i < 4; i++)
        id[11 + i] = (uint8_t)(counter >> (24 - 8 * i));
}

void
identity_text(const uint8_t id[15], char text[21])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int group = 0; group < 5; group++) {
        const uint8_t *in = id + 3 * group;
        uint32_t bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        for (int i = 0; i < 4; i++)
            text[4 * group + i] = digits[bits >> (18 - 6 * i) & 63];
    }
    text[20] = '\0';
}
