/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - see json.h. */
#include "record/json.h"

void
value_to_json(const struct mh_value *value, struct buf *to)
{
    char time[32];
    switch (value->type) {
    case MH_VALUE_BOOL:
        buf_add_text(to, value->u.i ? "true" : "false");
        break;
    case MH_VALUE_INT:
        buf_printf(to, "%lld", (long long)value->u.i);
        break;
    case MH_VALUE_DOUBLE:
        buf_add_json_double(to, value->u.d);
        break;
    case MH_VALUE_STRING:
        buf_add_json_string(to, value->u.s, value->len);
        break;
    case MH_VALUE_DATE:
        util_format_time(value->u.i, time, sizeof time);
        buf_add_json_string(to, time, strlen(time));
        break;
    default:
        buf_add_text(to, "null");
    }
}

/* A comma stands before an item unless it is the first in its object or array, or closes it. */
static void
add_item(const struct mh_item *item, bool *first, struct buf *to)
{
    bool closes = item->kind == MH_ITEM_CLOSE_OBJECT || item->kind == MH_ITEM_CLOSE_ARRAY;
    if (!closes && !*first)
        buf_add_char(to, ',');
    *first = false;
    if (item->key != NULL && !closes) {
        buf_add_json_string(to, item->key, item->key_len);
        buf_add_char(to, ':');
    }
    switch (item->kind) {
    case MH_ITEM_OPEN_OBJECT:
    case MH_ITEM_OPEN_ARRAY:
        buf_add_char(to, item->kind == MH_ITEM_OPEN_OBJECT ? '{' : '[');
        *first = true;
        break;
    case MH_ITEM_CLOSE_OBJECT:
        buf_add_char(to, '}');
        break;
    case MH_ITEM_CLOSE_ARRAY:
        buf_add_char(to, ']');
        break;
    case MH_ITEM_JSON:
        buf_add(to, item->value.u.s, item->value.len);
        break;
    default:
        value_to_json(&item->value, to);
    }
}

void
record_to_json(const struct mh_record *record, struct buf *to)
{
    struct mh_cursor cursor = {{0}};
    struct mh_item items[32];
    struct mh_value timestamp = mh_date(record->timestamp_ns);
    bool first = false;
    uint32_t n;
    buf_add_text(to, "{\"@timestamp\":");
    value_to_json(&timestamp, to);
    while ((n = record_read(record, &cursor, items, COUNT_OF(items), MH_READ_JSON)) != 0)
        for (uint32_t i = 0; i < n; i++)
            add_item(&items[i], &first, to);
    buf_add_char(to, '}');
}
