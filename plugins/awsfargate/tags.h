/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tags.h - tags of the task, on request and by name only, since tags may say more than anybody
 * wants in every document.
 *
 * /taskWithTags makes the agent call the ECS API, which is slow and throttled: it takes the place
 * of one GET of /task until the tags are there, and is tried again, ever less often, when the
 * answer lists an error for them.
 */
#ifndef AWSFARGATE_TAGS_H
#define AWSFARGATE_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_node;
struct mh_host;
struct mh_record;

struct tag {
    char *key;
    char *value;
};

struct tags {
    char **allowed; /* names that may be sent, "*" for all; none: no tags are asked for */
    size_t n_allowed;
    struct tag *tags;
    size_t n;
    bool done;         /* nothing more to ask for */
    unsigned failures; /* in a row */
    uint64_t next_ns;  /* monotonic, when to ask again */
};

/* Copies a name of the allow-list. 0 or -ENOMEM. */
int tags_allow(struct tags *tags, const char *name);
/* True when the next GET shall be /taskWithTags. */
bool tags_wanted(const struct tags *tags, uint64_t now_ns);
/* Takes the tags from an answer of /taskWithTags; root NULL: there was none. Logs once what the
 * operator can mend. */
void tags_read(struct tags *tags, const struct json_node *root, const struct mh_host *host);
/* Puts them into a flattened field. */
void tags_put(const struct tags *tags, const struct mh_host *host, struct mh_record *record,
              uint32_t field);
void tags_free(struct tags *tags);

#endif
