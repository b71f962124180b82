/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frozen_1_0.c - the layout of ABI 1.0, member by member. Compiling this file is the test.
 *
 * NEVER EDITED once 1.0 is released: when it no longer compiles, the change to the header breaks
 * plugins that are installed. A minor that appends members gets a file of its own beside this one.
 * Offsets are those of LP64 machines.
 */
#include <metrichost/plugin.h>
#include <metrichost/ext/catalogue.h>
#include <metrichost/ext/output.h>
#include <metrichost/ext/report.h>
#include <metrichost/ext/state.h>
#include <metrichost/ext/statistics.h>

/* Values of constants, on every machine. */
#define VALUE(name, value) _Static_assert((name) == (value), #name " has another value")
#define TEXT(name, value)                                                                          \
    _Static_assert(__builtin_strcmp(name, value) == 0, #name " has another text")

/* A member keeps its place and its exact type. */
#define MEMBER(type, member, at, ...)                                                              \
    _Static_assert(offsetof(struct type, member) == (at), #type "." #member " was moved");         \
    _Static_assert(                                                                                \
        __builtin_types_compatible_p(__typeof__(((struct type *)0)->member), __VA_ARGS__),         \
        #type "." #member " has another type")
/* Grows at the end in later minors, and had no padding there in 1.0. */
#define GROWS_FROM(type, last, size)                                                               \
    _Static_assert(sizeof(struct type) >= (size), #type " is smaller than in ABI 1.0");            \
    _Static_assert(offsetof(struct type, last) + sizeof(((struct type *)0)->last) == (size),       \
                   #type " had padding at its end")
/* Never changes at all. */
#define FIXED(type, size) _Static_assert(sizeof(struct type) == (size), #type " has another size")

/* metrichost/abi.h */
VALUE(MH_ABI_MAJOR, 1);
_Static_assert(MH_ABI_MINOR >= 0, "the minor only grows");
_Static_assert(MH_DATA_MODEL >= 1, "the data model only grows");
TEXT(MH_ENTRY_SYMBOL, "mh_plugin_entry_v1");
VALUE(MH_NS_PER_S, 1000000000);
VALUE(MH_OK, 0);
VALUE(MH_ERR_RETRY, -1);
VALUE(MH_ERR_DROP, -2);
VALUE(MH_ERR_PARTIAL, -3);
VALUE(MH_ERR_CONFIG, -4);
VALUE(MH_ERR_UNSUPPORTED, -5);
VALUE(MH_ERR_NOMEM, -6);
VALUE(MH_ERR_FATAL, -7);

/* metrichost/configuration.h */
VALUE(MH_NODE_NULL, 0);
VALUE(MH_NODE_SCALAR, 1);
VALUE(MH_NODE_LIST, 2);
VALUE(MH_NODE_MAP, 3);

/* metrichost/record.h */
VALUE(MH_VALUE_NONE, 0u);
VALUE(MH_VALUE_BOOL, 1u);
VALUE(MH_VALUE_INT, 2u);
VALUE(MH_VALUE_DOUBLE, 3u);
VALUE(MH_VALUE_STRING, 4u);
VALUE(MH_VALUE_DATE, 5u);
VALUE(MH_VALUE_ARRAY, 6u);
VALUE(MH_VALUE_MAP, 7u);
VALUE(MH_ITEM_VALUE, 1u);
VALUE(MH_ITEM_OPEN_OBJECT, 2u);
VALUE(MH_ITEM_CLOSE_OBJECT, 3u);
VALUE(MH_ITEM_OPEN_ARRAY, 4u);
VALUE(MH_ITEM_CLOSE_ARRAY, 5u);
VALUE(MH_ITEM_JSON, 6u);
VALUE(MH_READ_JSON, 1u);
VALUE(MH_STATUS_DELIVERED, 0);
VALUE(MH_STATUS_RETRY, 1);
VALUE(MH_STATUS_REJECTED, 2);

/* metrichost/schema.h */
VALUE(MH_KEY_BOOL, 1u);
VALUE(MH_KEY_INT, 2u);
VALUE(MH_KEY_DOUBLE, 3u);
VALUE(MH_KEY_STRING, 4u);
VALUE(MH_KEY_DURATION, 5u);
VALUE(MH_KEY_BYTES, 6u);
VALUE(MH_KEY_STRING_LIST, 7u);
VALUE(MH_KEY_INT_LIST, 8u);
VALUE(MH_KEY_MAP, 9u);
VALUE(MH_KEY_ANY, 10u);
VALUE(MH_KEY_REQUIRED, 1u);
VALUE(MH_KEY_SECRET, 2u);
VALUE(MH_KEY_DEPRECATED, 4u);
VALUE(MH_KEY_PATH, 8u);
VALUE(MH_KEY_IGNORED, 16u);
VALUE(MH_TYPE_LONG, 1u);
VALUE(MH_TYPE_DOUBLE, 2u);
VALUE(MH_TYPE_KEYWORD, 3u);
VALUE(MH_TYPE_TEXT, 4u);
VALUE(MH_TYPE_BOOLEAN, 5u);
VALUE(MH_TYPE_DATE, 6u);
VALUE(MH_TYPE_IP, 7u);
VALUE(MH_TYPE_FLATTENED, 8u);
VALUE(MH_METRIC_NONE, 0u);
VALUE(MH_METRIC_GAUGE, 1u);
VALUE(MH_METRIC_COUNTER, 2u);
VALUE(MH_FIELD_DIMENSION, 1u);
VALUE(MH_DATASET_DEFAULT, 1u);
VALUE(MH_DATASET_PUSH, 2u);

/* metrichost/host.h */
VALUE(MH_LOG_ERROR, 1);
VALUE(MH_LOG_WARNING, 2);
VALUE(MH_LOG_INFO, 3);
VALUE(MH_LOG_DEBUG, 4);

/* metrichost/plugin.h */
VALUE(MH_KIND_INPUT, 1u);
VALUE(MH_KIND_PROCESSOR, 2u);
VALUE(MH_KIND_OUTPUT, 3u);
VALUE(MH_FEATURE_SERIALIZE, 1u);

/* metrichost/ext/catalogue.h */
TEXT(MH_EXT_CATALOGUE, "metrichost.catalogue/1");

/* metrichost/ext/output.h */
TEXT(MH_EXT_OUTPUT, "metrichost.output/1");

/* metrichost/ext/report.h */
VALUE(MH_STEP_GROUP, 0u);
VALUE(MH_STEP_OK, 1u);
VALUE(MH_STEP_WARN, 2u);
VALUE(MH_STEP_ERROR, 3u);
VALUE(MH_STEP_CREATED, 4u);
VALUE(MH_STEP_UPDATED, 5u);
VALUE(MH_STEP_UNCHANGED, 6u);
VALUE(MH_STEP_SKIPPED, 7u);
VALUE(MH_STEP_INFO, 8u);
TEXT(MH_EXT_CHECK, "metrichost.check/1");
TEXT(MH_EXT_SETUP, "metrichost.setup/1");
VALUE(MH_SETUP_FORCE, 1u);
VALUE(MH_SETUP_INDEX_MANAGEMENT, 2u);
VALUE(MH_SETUP_DASHBOARDS, 4u);

/* metrichost/ext/state.h */
TEXT(MH_EXT_STATE, "metrichost.state/1");

/* metrichost/ext/statistics.h */
TEXT(MH_EXT_STATISTICS, "metrichost.statistics/1");

#ifdef __LP64__

/* metrichost/configuration.h */
MEMBER(mh_config_ops, struct_size, 0, uint32_t);
MEMBER(mh_config_ops, reserved, 4, uint32_t);
MEMBER(mh_config_ops, get_string, 8,
       int32_t (*)(const struct mh_config *, const char *, const char **));
MEMBER(mh_config_ops, get_bool, 16, int32_t (*)(const struct mh_config *, const char *, int32_t *));
MEMBER(mh_config_ops, get_int, 24, int32_t (*)(const struct mh_config *, const char *, int64_t *));
MEMBER(mh_config_ops, get_double, 32,
       int32_t (*)(const struct mh_config *, const char *, double *));
MEMBER(mh_config_ops, get_duration_ns, 40,
       int32_t (*)(const struct mh_config *, const char *, uint64_t *));
MEMBER(mh_config_ops, get_bytes, 48,
       int32_t (*)(const struct mh_config *, const char *, uint64_t *));
MEMBER(mh_config_ops, find, 56,
       const struct mh_config *(*)(const struct mh_config *, const char *));
MEMBER(mh_config_ops, kind, 64, int32_t (*)(const struct mh_config *));
MEMBER(mh_config_ops, count, 72, uint32_t (*)(const struct mh_config *));
MEMBER(mh_config_ops, at, 80, const struct mh_config *(*)(const struct mh_config *, uint32_t));
MEMBER(mh_config_ops, key_at, 88, const char *(*)(const struct mh_config *, uint32_t));
MEMBER(mh_config_ops, error, 96,
       void (*)(const struct mh_config *, const char *, const char *, size_t));
MEMBER(mh_config_ops, warn, 104,
       void (*)(const struct mh_config *, const char *, const char *, size_t));
GROWS_FROM(mh_config_ops, warn, 112);

/* metrichost/record.h */
MEMBER(mh_value, type, 0, uint32_t);
MEMBER(mh_value, len, 4, uint32_t);
MEMBER(mh_value, u.i, 8, int64_t);
MEMBER(mh_value, u.d, 8, double);
MEMBER(mh_value, u.s, 8, const char *);
MEMBER(mh_value, u.a, 8, const struct mh_value *);
FIXED(mh_value, 16);

/* metrichost/record.h */
MEMBER(mh_item, kind, 0, uint32_t);
MEMBER(mh_item, key_len, 4, uint32_t);
MEMBER(mh_item, key, 8, const char *);
MEMBER(mh_item, json_key, 16, const char *);
MEMBER(mh_item, value, 24, struct mh_value);
MEMBER(mh_item, json_key_len, 40, uint32_t);
MEMBER(mh_item, reserved, 44, uint32_t);
FIXED(mh_item, 48);

/* metrichost/record.h */
MEMBER(mh_cursor, state, 0, uint64_t[24]);
FIXED(mh_cursor, 192);

/* metrichost/record.h */
MEMBER(mh_record_ops, struct_size, 0, uint32_t);
MEMBER(mh_record_ops, reserved, 4, uint32_t);
MEMBER(mh_record_ops, add, 8, struct mh_record *(*)(struct mh_batch *, uint32_t, int64_t));
MEMBER(mh_record_ops, set, 16, int32_t (*)(struct mh_record *, uint32_t, const struct mh_value *));
MEMBER(mh_record_ops, append, 24,
       int32_t (*)(struct mh_record *, uint32_t, const struct mh_value *));
MEMBER(mh_record_ops, put, 32,
       int32_t (*)(struct mh_record *, uint32_t, const char *, uint32_t, const struct mh_value *));
MEMBER(mh_record_ops, drop, 40, void (*)(struct mh_record *, const char *));
MEMBER(mh_record_ops, get_path, 48,
       int32_t (*)(const struct mh_record *, const char *, uint32_t, struct mh_value *));
MEMBER(mh_record_ops, set_path, 56,
       int32_t (*)(struct mh_record *, const char *, uint32_t, const struct mh_value *));
MEMBER(mh_record_ops, remove_path, 64, int32_t (*)(struct mh_record *, const char *, uint32_t));
MEMBER(mh_record_ops, count, 72, uint32_t (*)(const struct mh_batch *));
MEMBER(mh_record_ops, at, 80, struct mh_record *(*)(struct mh_batch *, uint32_t));
MEMBER(mh_record_ops, dataset_name, 88, const char *(*)(const struct mh_record *));
MEMBER(mh_record_ops, timestamp_ns, 96, int64_t (*)(const struct mh_record *));
MEMBER(mh_record_ops, id, 104, const char *(*)(const struct mh_record *));
MEMBER(mh_record_ops, read, 112,
       uint32_t (*)(const struct mh_record *, struct mh_cursor *, struct mh_item *, uint32_t,
                    uint32_t));
MEMBER(mh_record_ops, set_status, 120,
       void (*)(struct mh_record *, int32_t, const char *, uint32_t));
MEMBER(mh_record_ops, size_hint, 128, uint32_t (*)(const struct mh_record *));
GROWS_FROM(mh_record_ops, size_hint, 136);

/* metrichost/schema.h */
MEMBER(mh_key, name, 0, const char *);
MEMBER(mh_key, default_value, 8, const char *);
MEMBER(mh_key, choices, 16, const char *);
MEMBER(mh_key, doc, 24, const char *);
MEMBER(mh_key, type, 32, uint32_t);
MEMBER(mh_key, flags, 36, uint32_t);
GROWS_FROM(mh_key, flags, 40);

/* metrichost/schema.h */
MEMBER(mh_field, name, 0, const char *);
MEMBER(mh_field, unit, 8, const char *);
MEMBER(mh_field, doc, 16, const char *);
MEMBER(mh_field, type, 24, uint16_t);
MEMBER(mh_field, metric, 26, uint16_t);
MEMBER(mh_field, flags, 28, uint32_t);
GROWS_FROM(mh_field, flags, 32);

/* metrichost/schema.h */
MEMBER(mh_dataset, name, 0, const char *);
MEMBER(mh_dataset, module, 8, const char *);
MEMBER(mh_dataset, metricset, 16, const char *);
MEMBER(mh_dataset, doc, 24, const char *);
MEMBER(mh_dataset, fields, 32, const struct mh_field *);
MEMBER(mh_dataset, reserved, 40, const void *);
MEMBER(mh_dataset, n_fields, 48, uint32_t);
MEMBER(mh_dataset, field_stride, 52, uint32_t);
MEMBER(mh_dataset, flags, 56, uint32_t);
MEMBER(mh_dataset, reserved1, 60, uint32_t);
GROWS_FROM(mh_dataset, reserved1, 64);

/* metrichost/host.h */
MEMBER(mh_host, struct_size, 0, uint32_t);
MEMBER(mh_host, abi_major, 4, uint16_t);
MEMBER(mh_host, abi_minor, 6, uint16_t);
MEMBER(mh_host, priv, 8, void *);
MEMBER(mh_host, version, 16, const char *);
MEMBER(mh_host, instance_name, 24, const char *);
MEMBER(mh_host, record, 32, const struct mh_record_ops *);
MEMBER(mh_host, config, 40, const struct mh_config_ops *);
MEMBER(mh_host, log, 48, void (*)(const struct mh_host *, int32_t, const char *, size_t));
MEMBER(mh_host, fail, 56, void (*)(const struct mh_host *, int32_t, const char *, size_t));
MEMBER(mh_host, monotonic_ns, 64, uint64_t (*)(const struct mh_host *));
MEMBER(mh_host, realtime_ns, 72, int64_t (*)(const struct mh_host *));
MEMBER(mh_host, stopping, 80, int32_t (*)(const struct mh_host *));
MEMBER(mh_host, period_ns, 88, uint64_t (*)(const struct mh_host *));
MEMBER(mh_host, dataset_enabled, 96, int32_t (*)(const struct mh_host *, uint32_t));
MEMBER(mh_host, set_constant, 104,
       int32_t (*)(const struct mh_host *, const char *, uint32_t, const struct mh_value *));
MEMBER(mh_host, new_batch, 112, struct mh_batch *(*)(const struct mh_host *));
MEMBER(mh_host, submit, 120, int32_t (*)(const struct mh_host *, struct mh_batch *));
MEMBER(mh_host, discard, 128, void (*)(const struct mh_host *, struct mh_batch *));
MEMBER(mh_host, request_collect, 136, void (*)(const struct mh_host *));
MEMBER(mh_host, worker_index, 144, uint32_t);
MEMBER(mh_host, n_workers, 148, uint32_t);
MEMBER(mh_host, get_interface, 152, const void *(*)(const struct mh_host *, const char *));
GROWS_FROM(mh_host, get_interface, 160);

/* metrichost/plugin.h */
MEMBER(mh_plugin, struct_size, 0, uint32_t);
MEMBER(mh_plugin, abi_minor, 4, uint16_t);
MEMBER(mh_plugin, abi_minor_needed, 6, uint16_t);
MEMBER(mh_plugin, kind, 8, uint32_t);
MEMBER(mh_plugin, data_model, 12, uint32_t);
MEMBER(mh_plugin, features_required, 16, uint32_t);
MEMBER(mh_plugin, features_optional, 20, uint32_t);
MEMBER(mh_plugin, name, 24, const char *);
MEMBER(mh_plugin, version, 32, const char *);
MEMBER(mh_plugin, vendor, 40, const char *);
MEMBER(mh_plugin, license, 48, const char *);
MEMBER(mh_plugin, summary, 56, const char *);
MEMBER(mh_plugin, reserved, 64, const void *);
MEMBER(mh_plugin, keys, 72, const struct mh_key *);
MEMBER(mh_plugin, datasets, 80, const struct mh_dataset *);
MEMBER(mh_plugin, n_keys, 88, uint32_t);
MEMBER(mh_plugin, key_stride, 92, uint32_t);
MEMBER(mh_plugin, n_datasets, 96, uint32_t);
MEMBER(mh_plugin, dataset_stride, 100, uint32_t);
MEMBER(mh_plugin, create, 104,
       int32_t (*)(const struct mh_host *, const struct mh_config *, void **));
MEMBER(mh_plugin, start, 112, int32_t (*)(void *));
MEMBER(mh_plugin, collect, 120, int32_t (*)(void *, struct mh_batch *, uint64_t));
MEMBER(mh_plugin, process, 128, int32_t (*)(void *, struct mh_batch *));
MEMBER(mh_plugin, write, 136, int32_t (*)(void *, struct mh_batch *, uint64_t));
MEMBER(mh_plugin, wake, 144, void (*)(void *));
MEMBER(mh_plugin, stop, 152, void (*)(void *));
MEMBER(mh_plugin, destroy, 160, void (*)(void *));
MEMBER(mh_plugin, get_interface, 168, const void *(*)(void *, const char *));
GROWS_FROM(mh_plugin, get_interface, 176);

/* metrichost/plugin.h */
MEMBER(mh_loader, struct_size, 0, uint32_t);
MEMBER(mh_loader, abi_major, 4, uint16_t);
MEMBER(mh_loader, abi_minor, 6, uint16_t);
MEMBER(mh_loader, version, 8, const char *);
MEMBER(mh_loader, reserved, 16, const void *);
GROWS_FROM(mh_loader, reserved, 24);

/* metrichost/plugin.h */
MEMBER(mh_plugin_list, struct_size, 0, uint32_t);
MEMBER(mh_plugin_list, n_plugins, 4, uint32_t);
MEMBER(mh_plugin_list, plugins, 8, const struct mh_plugin *const *);
MEMBER(mh_plugin_list, reserved, 16, const void *);
GROWS_FROM(mh_plugin_list, reserved, 24);

/* metrichost/ext/catalogue.h */
MEMBER(mh_catalogue_v1, n_datasets, 0, uint32_t (*)(const void *));
MEMBER(mh_catalogue_v1, dataset, 8, const struct mh_dataset *(*)(const void *, uint32_t));
MEMBER(mh_catalogue_v1, priv, 16, const void *);
FIXED(mh_catalogue_v1, 24);

/* metrichost/ext/output.h */
MEMBER(mh_output_limits, n_workers, 0, uint32_t);
MEMBER(mh_output_limits, max_records, 4, uint32_t);
MEMBER(mh_output_limits, max_bytes, 8, uint64_t);
MEMBER(mh_output_limits, linger_ns, 16, uint64_t);
MEMBER(mh_output_limits, backoff_init_ns, 24, uint64_t);
MEMBER(mh_output_limits, backoff_max_ns, 32, uint64_t);
FIXED(mh_output_limits, 40);

/* metrichost/ext/output.h */
MEMBER(mh_output_v1, limits, 0, void (*)(void *, struct mh_output_limits *));
FIXED(mh_output_v1, 8);

/* metrichost/ext/report.h */
MEMBER(mh_report_v1, ctx, 0, void *);
MEMBER(mh_report_v1, step, 8, void (*)(void *, uint32_t, uint32_t, const char *, const char *));
MEMBER(mh_report_v1, write, 16, void (*)(void *, const char *, size_t));
FIXED(mh_report_v1, 24);

/* metrichost/ext/report.h */
MEMBER(mh_check_v1, check, 0, int32_t (*)(void *, const struct mh_report_v1 *, uint64_t));
FIXED(mh_check_v1, 8);

/* metrichost/ext/report.h */
MEMBER(mh_setup_v1, setup, 0, int32_t (*)(void *, const struct mh_report_v1 *, uint32_t, uint64_t));
MEMBER(mh_setup_v1, export_artifact, 8,
       int32_t (*)(void *, const struct mh_report_v1 *, const char *, const char *));
FIXED(mh_setup_v1, 16);

/* metrichost/ext/state.h */
MEMBER(mh_state_v1, get, 0,
       int32_t (*)(const struct mh_host *, const char *, char *, size_t, size_t *));
MEMBER(mh_state_v1, set, 8,
       int32_t (*)(const struct mh_host *, const char *, const char *, size_t));
FIXED(mh_state_v1, 16);

/* metrichost/ext/statistics.h */
MEMBER(mh_statistics_v1, add, 0, void (*)(const struct mh_host *, const char *, int64_t));
MEMBER(mh_statistics_v1, set, 8, void (*)(const struct mh_host *, const char *, int64_t));
FIXED(mh_statistics_v1, 16);

#endif
