/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrichost/schema.h - what a plugin declares about its options and its data.
 *
 * Both schemas are constant data of the plugin's descriptor. From the keys come validation, defaults,
 * `help` and the manual's option tables; from the datasets come the Elasticsearch mapping, the
 * time-series dimensions, `export fields` and the manual's field tables.
 */
#ifndef METRICHOST_SCHEMA_H
#define METRICHOST_SCHEMA_H

#include <metrichost/abi.h>

/* Types of a configuration key. What the YAML must hold for each is listed beside it. */
#define MH_KEY_BOOL 1u        /* true/false/yes/no/on/off                                            */
#define MH_KEY_INT 2u         /* a whole number, 64 bits                                             */
#define MH_KEY_DOUBLE 3u      /* a number                                                            */
#define MH_KEY_STRING 4u      /* text                                                                */
#define MH_KEY_DURATION 5u    /* 10s, 1m30s, 500ms, or a bare number of seconds; read in nanoseconds */
#define MH_KEY_BYTES 6u       /* 10MiB, 10MB, or a bare number of bytes                              */
#define MH_KEY_STRING_LIST 7u /* a list of texts; a single text is a list of one                     */
#define MH_KEY_INT_LIST 8u    /* a list of whole numbers; a single number is a list of one           */
#define MH_KEY_MAP 9u         /* a mapping whose members the plugin reads itself (headers, labels)   */
#define MH_KEY_ANY 10u        /* any YAML value; the plugin reads and checks it itself               */

#define MH_KEY_REQUIRED 1u   /* must be given; there is no default                                   */
#define MH_KEY_SECRET 2u     /* never printed: export and logs show xxxxx in its place               */
#define MH_KEY_DEPRECATED 4u /* accepted with a warning; doc says what to use                        */
#define MH_KEY_PATH 8u       /* a file name; relative ones are resolved against path.config          */
#define MH_KEY_IGNORED 16u   /* known from Metricbeat, accepted without effect; doc says why         */

/* One configuration key. Dotted names ("ssl.key") match nested and dotted YAML alike. */
struct mh_key {
    const char *name;
    const char *default_value; /* as YAML text; NULL: absent unless given                            */
    const char *choices;       /* "a|b|c" for a string with a closed set of values; else NULL        */
    const char *doc;           /* one sentence for help and the manual; names the unit               */
    uint32_t type;             /* MH_KEY_BOOL ...                                                    */
    uint32_t flags;            /* MH_KEY_REQUIRED | ...                                              */
};

/* Types of a field: the value that a record may hold, and the Elasticsearch type it is mapped to. */
#define MH_TYPE_LONG 1u      /* int64                                                                */
#define MH_TYPE_DOUBLE 2u    /* double; must be finite                                               */
#define MH_TYPE_KEYWORD 3u   /* UTF-8 text, exact match                                              */
#define MH_TYPE_TEXT 4u      /* UTF-8 text, full-text search                                         */
#define MH_TYPE_BOOLEAN 5u
#define MH_TYPE_DATE 6u      /* int64, nanoseconds since 1970-01-01 UTC                              */
#define MH_TYPE_IP 7u        /* text form of an IPv4 or IPv6 address                                 */
#define MH_TYPE_FLATTENED 8u /* map of text to scalar in one field: labels                           */

/* What a number means over time (Elasticsearch: time_series_metric). */
#define MH_METRIC_NONE 0u
#define MH_METRIC_GAUGE 1u   /* goes up and down; also every rate and percentage                     */
#define MH_METRIC_COUNTER 2u /* only grows, until its source restarts                                */

#define MH_FIELD_DIMENSION 1u /* part of the identity of a time series                               */

/*
 * One field. `name` is its full dotted path in the document ("docker.cpu.total.pct").
 * A name with one `*` as a whole path element ("docker.memory.stats.*", "docker.cpu.core.*.pct") is an open
 * family: its values are given one by one under a key that takes the place of the star (record.h, put).
 */
struct mh_field {
    const char *name;
    const char *unit; /* byte, percent (1 = 100 %), nanos, micros, ms, s, d or NULL                   */
    const char *doc;  /* one line                                                                    */
    uint16_t type;    /* MH_TYPE_LONG ...                                                            */
    uint16_t metric;  /* MH_METRIC_NONE ...                                                          */
    uint32_t flags;   /* MH_FIELD_DIMENSION                                                          */
};

#define MH_DATASET_DEFAULT 1u /* collected when the configuration lists no metricsets                 */
#define MH_DATASET_PUSH 2u    /* records come when something happens, not once a period              */

/* One dataset: all records of one kind. Arrays of public structs always come with their stride. */
struct mh_dataset {
    const char *name;      /* event.dataset: "docker.cpu"                                            */
    const char *module;    /* event.module and service.type: "docker"                                */
    const char *metricset; /* metricset.name, and the word that `metricsets:` selects it by: "cpu"   */
    const char *doc;
    const struct mh_field *fields;
    const void *reserved;
    uint32_t n_fields;
    uint32_t field_stride; /* sizeof (struct mh_field) as the plugin was compiled                    */
    uint32_t flags;        /* MH_DATASET_DEFAULT | ...                                               */
    uint32_t reserved1;
};

#endif
