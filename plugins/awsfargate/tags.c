/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tags.c - see the header.
 */
#include "tags.h"

#include "json.h"
#include "support.h"

#include <metrichost/host.h>

#include <errno.h>

#define FIRST_PAUSE (60 * MH_NS_PER_S)
#define LONGEST_PAUSE (3600 * MH_NS_PER_S)

int
tags_allow(struct tags *tags, const char *name)
{
    char **allowed = support_realloc_array(tags->allowed, tags->n_allowed + 1, sizeof *allowed);
    if (allowed == NULL)
        return -ENOMEM;
    tags->allowed = allowed;
    allowed[tags->n_allowed] = strdup(name);
    if (allowed[tags->n_allowed] == NULL)
        return -ENOMEM;
    tags->n_allowed++;
    return 0;
}

bool
tags_wanted(const struct tags *tags, uint64_t now_ns)
{
    return tags->n_allowed > 0 && !tags->done && now_ns >= tags->next_ns;
}

static bool
is_allowed(const struct tags *tags, const char *key)
{
    size_t i;
    for (i = 0; i < tags->n_allowed; i++) {
        if (strcmp(tags->allowed[i], "*") == 0 || strcmp(tags->allowed[i], key) == 0)
            return true;
    }
    return false;
}

static void
forget(struct tags *tags)
{
    size_t i;
    for (i = 0; i < tags->n; i++) {
        free(tags->tags[i].key);
        free(tags->tags[i].value);
    }
    free(tags->tags);
    tags->tags = NULL;
    tags->n = 0;
}

static void
keep(struct tags *tags, const struct json_node *member)
{
    struct tag tag = {0};
    if (member->type != JSON_STRING || !is_allowed(tags, member->key))
        return;
    tag.key = strdup(member->key);
    tag.value = strdup(member->text.bytes);
    if (tag.key != NULL && tag.value != NULL) {
        tags->tags[tags->n++] = tag;
        return;
    }
    free(tag.key);
    free(tag.value);
}

static void
keep_all(struct tags *tags, const struct json_node *object)
{
    const struct json_node *member;
    forget(tags);
    if (object->members.count == 0)
        return;
    tags->tags = calloc(object->members.count, sizeof *tags->tags);
    if (tags->tags == NULL)
        return;
    for (member = object->members.first; member != NULL; member = member->next)
        keep(tags, member);
}

/* The entry of Errors that is about the task's tags, or NULL. */
static const struct json_node *
error_of_tags(const struct json_node *root)
{
    const struct json_node *errors = json_member(root, "Errors");
    const struct json_node *error;
    if (errors == NULL || errors->type != JSON_ARRAY)
        return NULL;
    for (error = errors->members.first; error != NULL; error = error->next) {
        const char *field = json_get_text(error, "ErrorField");
        if (field != NULL && strcmp(field, "TaskTags") == 0)
            return error;
    }
    return NULL;
}

static uint64_t
next_pause(unsigned failures)
{
    uint64_t pause = FIRST_PAUSE;
    while (failures-- > 0 && pause < LONGEST_PAUSE)
        pause *= 2;
    return pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE;
}

static void
try_later(struct tags *tags, const char *code, const struct mh_host *host)
{
    uint64_t pause = next_pause(tags->failures);
    mh_log(host, tags->failures == 0 ? MH_LOG_WARNING : MH_LOG_DEBUG,
           "the tags of the task cannot be had (%.100s); trying again. Check that the container "
           "instance's role, on EC2, allows ecs:ListTagsForResource",
           code);
    tags->failures++;
    tags->next_ns = host->monotonic_ns(host) + pause;
}

void
tags_read(struct tags *tags, const struct json_node *root, const struct mh_host *host)
{
    const struct json_node *object = json_member(root, "TaskTags");
    const struct json_node *error = error_of_tags(root);
    const char *code = json_get_text(error, "ErrorCode");
    if (root == NULL || error != NULL) {
        try_later(tags, code != NULL ? code : "no answer", host);
        return;
    }
    if (object != NULL && object->type == JSON_OBJECT)
        keep_all(tags, object);
    tags->done = true;
}

void
tags_put(const struct tags *tags, const struct mh_host *host, struct mh_record *record,
         uint32_t field)
{
    size_t i;
    for (i = 0; i < tags->n; i++) {
        struct mh_value value = mh_text(tags->tags[i].value, strlen(tags->tags[i].value));
        host->record->put(record, field, tags->tags[i].key, (uint32_t)strlen(tags->tags[i].key),
                          &value);
    }
}

void
tags_free(struct tags *tags)
{
    size_t i;
    forget(tags);
    for (i = 0; i < tags->n_allowed; i++)
        free(tags->allowed[i]);
    free(tags->allowed);
    *tags = (struct tags){0};
}
