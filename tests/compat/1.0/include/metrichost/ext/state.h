/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrichost/ext/state.h - "metrichost.state/1", provided by the host: a few small values per instance that survive
 * restarts (a cursor in an event stream). Kept in path.data, written atomically, mode 0600.
 *
 * Frozen.
 */
#ifndef METRICHOST_EXT_STATE_H
#define METRICHOST_EXT_STATE_H

#include <metrichost/abi.h>

#define MH_EXT_STATE "metrichost.state/1"

struct mh_host;

struct mh_state_v1 {
    /* [worker] Copies the value of `key` (terminated) into buf, terminated; *ret_len is its whole length without the end.
     * MH_ERR_UNSUPPORTED: never set. MH_ERR_NOMEM: buf is too small. */
    int32_t (*get)(const struct mh_host *host, const char *key, char *buf, size_t size, size_t *ret_len);
    /* [worker] Stores a value of at most 64 KiB; value NULL removes it. Durable when it returns MH_OK. */
    int32_t (*set)(const struct mh_host *host, const char *key, const char *value, size_t len);
};

#endif
