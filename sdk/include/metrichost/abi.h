/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrichost/abi.h - numbers, error codes and attributes of the plugin ABI.
 *
 * The promise: a plugin that was built against ABI 1.N loads and works in every metrichost that speaks
 * ABI 1.M with M >= the minor that the plugin *needs* (not the one it was built with). Core structs
 * carry their size and only ever grow at the end; extension structs never change at all.
 *
 * Five rules of ownership hold for every call in both directions:
 *   1. Whoever allocates frees. No pointer is ever freed by the other side.
 *   2. A pointer passed into a call is valid until that call returns, unless its comment says longer.
 *   3. Strings are UTF-8, given as pointer and length, and copied by the receiver if it keeps them.
 *   4. Descriptors, host tables and extension structs live until the process exits.
 *   5. A batch and its records are valid only inside the call that was given them.
 *
 * Thread tags, used in the comment of every function slot:
 *   [control] one thread of the host; never overlaps any other call on the same instance.
 *   [worker]  the instance's own worker; calls on one instance never overlap and come in order,
 *             but two instances of one plugin run at the same time.
 *   [any]     from any thread, at any time between create and destroy; must not block.
 */
#ifndef METRICHOST_ABI_H
#define METRICHOST_ABI_H

#include <stddef.h>
#include <stdint.h>

/* The major is part of the entry symbol's name; the minor grows when a core struct grows. */
#define MH_ABI_MAJOR 1
#define MH_ABI_MINOR 0

/* Version of the data model (schema.h, record.h), which may change apart from the ABI's. */
#define MH_DATA_MODEL 1

#define MH_ENTRY_SYMBOL "mh_plugin_entry_v1"

/* Nanoseconds in a second, the unit of every duration and clock in this ABI. */
#define MH_NS_PER_S UINT64_C(1000000000)

#if defined(__GNUC__) || defined(__clang__)
#define MH_EXPORT __attribute__((visibility("default")))
#define MH_PRINTF(fmt_index, args_index) __attribute__((format(printf, fmt_index, args_index)))
#define MH_UNUSED __attribute__((unused))
#else
#define MH_EXPORT
#define MH_PRINTF(fmt_index, args_index)
#define MH_UNUSED
#endif

/* Keeps data that nothing refers to, also from a linker that is told to drop what is unused. */
#define MH_KEEP used
#if defined(__has_attribute)
#if __has_attribute(retain)
#undef MH_KEEP
#define MH_KEEP used, retain
#endif
#endif

/* True when the sized struct at p is new enough to have member m, and m is not null. */
#define MH_HAS(type, p, m)                                                                         \
    ((p)->struct_size >= offsetof(type, m) + sizeof((p)->m) && (p)->m != NULL)

/*
 * What a call returns: MH_OK or one of a small closed set that says what the caller shall do.
 * The words for the operator go through mh_fail() (host.h) before the return.
 * A negative value that is not listed is treated as MH_ERR_FATAL.
 */
#define MH_OK 0
#define MH_ERR_RETRY (-1)       /* the same call may succeed later: back off and try again       */
#define MH_ERR_DROP (-2)        /* this data can never be accepted; count it as dropped           */
#define MH_ERR_PARTIAL (-3)     /* every record carries its own status (record.h, set_status)     */
#define MH_ERR_CONFIG (-4)      /* the configuration is wrong; the operator must change it        */
#define MH_ERR_UNSUPPORTED (-5) /* this host, plugin, kernel or server cannot do that             */
#define MH_ERR_NOMEM (-6)       /* out of memory; nothing was changed                             */
#define MH_ERR_FATAL (-7)       /* this instance cannot go on; the host stops it, and only it     */

#endif
