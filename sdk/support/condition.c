/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition.c - a condition is a tree; its leaves compare one value of a record with a constant.
 */
#include "condition_internal.h"
#include "json_write.h"

void
condition_free(struct condition *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->n_tests; i++) {
        if (c->tests[i].has_regex)
            regfree(&c->tests[i].regex);
        free(c->tests[i].networks);
        free(c->tests[i].path);
    }
    for (size_t i = 0; i < c->n_children; i++)
        condition_free(c->children[i]);
    free(c->tests);
    free(c->children);
    free(c);
}

/* A scalar as text in `buf`, or where it lies; len in *ret_len. */
static const char *
value_text(const struct mh_value *value, struct json_text *buf, size_t *ret_len)
{
    if (value->type == MH_VALUE_STRING) {
        *ret_len = value->len;
        return value->u.s;
    }
    json_text_reset(buf);
    json_add_value(buf, value);
    *ret_len = buf->len;
    return json_terminate(buf) == NULL ? "" : buf->data;
}

static bool
test_network(const struct test *test, const char *text, size_t len)
{
    struct network address;
    char terminated[64];
    if (len >= sizeof terminated)
        return false;
    memcpy(terminated, text, len);
    terminated[len] = '\0';
    if (strchr(terminated, '/') != NULL || !condition_parse_network(terminated, &address))
        return false;
    for (size_t i = 0; i < test->n_networks; i++)
        if (condition_in_network(&test->networks[i], address.address))
            return true;
    return false;
}

static bool
test_range(const struct range *range, const struct mh_value *value)
{
    double d = value->type == MH_VALUE_INT ? (double)value->u.i : value->u.d;
    if (value->type != MH_VALUE_INT && value->type != MH_VALUE_DOUBLE)
        return false;
    return (range->low_open ? d > range->low : d >= range->low) &&
           (range->high_open ? d < range->high : d <= range->high);
}

static bool
test_text(const struct condition *c, const struct test *test, const char *text, size_t len)
{
    size_t wanted = test->text == NULL ? 0 : strlen(test->text);
    CLEANUP_FREE char *terminated = NULL;
    switch (c->kind) {
    case EQUALS:
        return len == wanted && memcmp(text, test->text, len) == 0;
    case CONTAINS:
        return memmem(text, len, test->text, wanted) != NULL;
    case NETWORK:
        return test_network(test, text, len);
    default:
        terminated = strndup(text, len);
        return terminated != NULL && regexec(&test->regex, terminated, 0, NULL, 0) == 0;
    }
}

static bool
test_holds(const struct condition *c, const struct test *test, const struct mh_record_ops *ops,
           const struct mh_record *record)
{
    CLEANUP(json_text_free) struct json_text buf = {0};
    struct mh_value value;
    const char *text;
    size_t len;
    if (ops->get_path(record, test->path, (uint32_t)strlen(test->path), &value) != MH_OK)
        return false;
    if (c->kind == HAS_FIELDS)
        return true;
    if (c->kind == RANGE)
        return test_range(&test->range, &value);
    if (value.type >= MH_VALUE_ARRAY)
        return false;
    text = value_text(&value, &buf, &len);
    return test_text(c, test, text, len);
}

bool
condition_holds(const struct condition *c, const struct mh_record_ops *ops,
                const struct mh_record *record)
{
    for (size_t i = 0; i < c->n_tests; i++)
        if (!test_holds(c, &c->tests[i], ops, record))
            return false;
    for (size_t i = 0; i < c->n_children; i++) {
        bool holds = condition_holds(c->children[i], ops, record);
        if (c->kind == NOT || holds == (c->kind == OR))
            return c->kind == NOT ? !holds : holds;
    }
    return c->kind != OR;
}
