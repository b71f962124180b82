/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrichost/record.h - records and batches: how values are written by inputs, changed by processors
 * and read by outputs.
 *
 * A record belongs to one dataset, has a timestamp, an identity and values. Values are set by the
 * index of the field in the dataset's schema. What does not change from record to record (agent.*, host.*,
 * event.module, ...) is not in the record but in a context that the host shares between records.
 * Readers see one document: record and context merged, in tree order.
 */
#ifndef METRICHOST_RECORD_H
#define METRICHOST_RECORD_H

#include <metrichost/abi.h>

struct mh_batch;  /* opaque: an ordered set of records                                               */
struct mh_record; /* opaque                                                                          */

#define MH_VALUE_NONE 0u
#define MH_VALUE_BOOL 1u   /* u.i is 0 or 1                                                          */
#define MH_VALUE_INT 2u    /* u.i                                                                    */
#define MH_VALUE_DOUBLE 3u /* u.d, finite                                                            */
#define MH_VALUE_STRING 4u /* u.s, len bytes of UTF-8, not terminated                                */
#define MH_VALUE_DATE 5u   /* u.i, nanoseconds since 1970-01-01 UTC                                  */
#define MH_VALUE_ARRAY 6u  /* set_constant: len scalars at u.a. From get_path: u.a is NULL, len members  */
#define MH_VALUE_MAP 7u    /* only from get_path: an object with len values at or below it             */

struct mh_value {
    uint32_t type; /* MH_VALUE_BOOL ... */
    uint32_t len;  /* bytes of u.s, members of u.a */
    union {
        int64_t i;
        double d;
        const char *s;
        const struct mh_value *a;
    } u;
};

/* What read() yields. */
#define MH_ITEM_VALUE 1u        /* a member: key and value; inside an array: no key                  */
#define MH_ITEM_OPEN_OBJECT 2u  /* an object named key begins                                        */
#define MH_ITEM_CLOSE_OBJECT 3u /* it ends                                                           */
#define MH_ITEM_OPEN_ARRAY 4u   /* an array named key begins                                         */
#define MH_ITEM_CLOSE_ARRAY 5u  /* it ends                                                           */
#define MH_ITEM_JSON 6u         /* only with MH_READ_JSON: value.u.s holds one or more whole members,  */
                                /* rendered as JSON, without a comma before or after ("a":1,"b":{})  */

struct mh_item {
    uint32_t kind;    /* MH_ITEM_VALUE ... */
    uint32_t key_len; /* bytes of key */
    const char *key;  /* one path element, unescaped UTF-8; NULL in arrays and on close items        */
    const char *json_key; /* the same as JSON text with quotes and colon, or NULL where not prepared */
    struct mh_value value;
    uint32_t json_key_len;
    uint32_t reserved;
};

/* Set to all zero before the first read(); owned by the caller, contents by the host. */
struct mh_cursor {
    uint64_t state[24];
};

#define MH_READ_JSON 1u /* constant parts of the document come ready as MH_ITEM_JSON                 */

/* Status of one record after an output's write(). */
#define MH_STATUS_DELIVERED 0 /* stored by the receiver (or it had it already)                       */
#define MH_STATUS_RETRY 1     /* not now; the host gives it to write() again                         */
#define MH_STATUS_REJECTED 2  /* refused for good; goes to the host's dead-letter file with the reason */

struct mh_record_ops {
    uint32_t struct_size;
    uint32_t reserved;

    /*
     * [worker] Appends a record of dataset number `dataset` of this plugin's schema.
     * timestamp_ns: nanoseconds since 1970 UTC; 0: the start of this collect call (the usual choice).
     * NULL when the dataset is switched off by the configuration or memory is short: skip the record.
     * A record without any value of its own is not sent.
     */
    struct mh_record *(*add)(struct mh_batch *batch, uint32_t dataset, int64_t timestamp_ns);

    /* [worker] Sets field number `field` of the record's dataset, replacing what it had. Copies.
     * MH_ERR_UNSUPPORTED: no such field, wrong type of value, or a double that is not finite. */
    int32_t (*set)(struct mh_record *record, uint32_t field, const struct mh_value *value);

    /* [worker] Appends to an array in this field. value NULL: makes it an array, empty so far. */
    int32_t (*append)(struct mh_record *record, uint32_t field, const struct mh_value *value);

    /* [worker] Puts one member into an open family ("a.*.b") or a flattened field. A key that is there already is
     * replaced. Keys are literal: a dot in a key makes no new level. Copies key and value. */
    int32_t (*put)(struct mh_record *record, uint32_t field, const char *key, uint32_t key_len,
                   const struct mh_value *value);

    /* [worker] Takes the record out of its batch; it must not be used afterwards. reason NULL: it never
     * counted (an input changed its mind); else the ledger counts it as dropped for that reason. */
    void (*drop)(struct mh_record *record, const char *reason);

    /* [worker] Value at a dotted path of the whole document, context included. MH_ERR_UNSUPPORTED: absent. */
    int32_t (*get_path)(const struct mh_record *record, const char *path, uint32_t path_len,
                        struct mh_value *ret_value);
    /* [worker] Sets a scalar at a dotted path, creating it (and the objects above it) where needed. */
    int32_t (*set_path)(struct mh_record *record, const char *path, uint32_t path_len,
                        const struct mh_value *value);
    /* [worker] Removes the value or the whole object at a dotted path. MH_OK also when there was none. */
    int32_t (*remove_path)(struct mh_record *record, const char *path, uint32_t path_len);

    /* [worker] Records of a batch, in order. */
    uint32_t (*count)(const struct mh_batch *batch);
    struct mh_record *(*at)(struct mh_batch *batch, uint32_t index);

    /* [worker] event.dataset; terminated; valid as long as the batch. */
    const char *(*dataset_name)(const struct mh_record *record);
    /* [worker] Nanoseconds since 1970 UTC. */
    int64_t (*timestamp_ns)(const struct mh_record *record);
    /* [worker] The record's identity: 20 characters of base64url, terminated, unique for ever and growing with time;
     * the same at every retry and replay. NULL before the record has left its processors. */
    const char *(*id)(const struct mh_record *record);

    /*
     * [worker] Reads the document without @timestamp: fills up to n_items items, returns how many; 0 at the end.
     * The cursor starts all zero. Item pointers are valid as long as the batch. Objects and arrays are
     * balanced; objects without members are left out.
     */
    uint32_t (*read)(const struct mh_record *record, struct mh_cursor *cursor, struct mh_item *items,
                     uint32_t n_items, uint32_t flags);

    /* [worker] Output only: the record's fate (MH_STATUS_...), with a reason that holds no secret and no
     * document content. Records without a status count as delivered when write() returns MH_OK, and as
     * MH_STATUS_RETRY when it returns MH_ERR_PARTIAL. */
    void (*set_status)(struct mh_record *record, int32_t status, const char *reason,
                       uint32_t reason_len);

    /* [worker] Rough number of bytes of the record as JSON, for batching by size. Never 0. */
    uint32_t (*size_hint)(const struct mh_record *record);
};

static inline MH_UNUSED struct mh_value
mh_int(int64_t i)
{
    struct mh_value v;
    v.type = MH_VALUE_INT;
    v.len = 0;
    v.u.i = i;
    return v;
}

static inline MH_UNUSED struct mh_value
mh_double(double d)
{
    struct mh_value v;
    v.type = MH_VALUE_DOUBLE;
    v.len = 0;
    v.u.d = d;
    return v;
}

static inline MH_UNUSED struct mh_value
mh_bool(int truth)
{
    struct mh_value v;
    v.type = MH_VALUE_BOOL;
    v.len = 0;
    v.u.i = truth ? 1 : 0;
    return v;
}

/* unix_ns: nanoseconds since 1970-01-01 UTC. */
static inline MH_UNUSED struct mh_value
mh_date(int64_t unix_ns)
{
    struct mh_value v;
    v.type = MH_VALUE_DATE;
    v.len = 0;
    v.u.i = unix_ns;
    return v;
}

static inline MH_UNUSED struct mh_value
mh_text(const char *s, size_t len)
{
    struct mh_value v;
    v.type = MH_VALUE_STRING;
    v.len = (uint32_t)len;
    v.u.s = s;
    return v;
}

#endif
