/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read.c - from answers to a struct cloud, believing nothing. See cloud.h.
 */
#include "cloud.h"

#include "arn.h"
#include "json.h"
#include "support.h"

#include <ctype.h>
#include <errno.h>

#define ACCOUNT_DIGITS 12
#define MAX_TOKEN 1024
#define MIN_TOKEN 8

void
cloud_free(struct cloud *cloud)
{
    free(cloud->service);
    free(cloud->region);
    free(cloud->zone);
    free(cloud->account);
    free(cloud->instance);
    free(cloud->machine_type);
    free(cloud->image);
    *cloud = (struct cloud){0};
}

static bool
is_account(struct span span)
{
    if (span.len != ACCOUNT_DIGITS)
        return false;
    for (size_t i = 0; i < span.len; i++) {
        if (!isdigit((unsigned char)span.s[i]))
            return false;
    }
    return true;
}

/* "eu-west-1", "us-gov-east-1": small letters, hyphens, a digit at the end. */
static bool
is_region(struct span span)
{
    if (span.len < 6 || span.len > 32 || !isdigit((unsigned char)span.s[span.len - 1]))
        return false;
    for (size_t i = 0; i + 1 < span.len; i++) {
        if (!islower((unsigned char)span.s[i]) && span.s[i] != '-')
            return false;
    }
    return memchr(span.s, '-', span.len) != NULL;
}

static struct span
text_span(const struct json_node *root, const char *name)
{
    const char *text = json_get_text(root, name);
    return (struct span){text, text != NULL ? strlen(text) : 0};
}

/* Copies a text that is there; notes a lack of memory. */
static char *
copy(struct span span, bool *failed)
{
    char *text;
    if (span.s == NULL || span.len == 0)
        return NULL;
    text = strndup(span.s, span.len);
    *failed = *failed || text == NULL;
    return text;
}

bool
cloud_is_token(const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;
    if (len < MIN_TOKEN || len > MAX_TOKEN)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]) && strchr("+/=_-", text[i]) == NULL)
            return false;
    }
    return true;
}

static int
finish(struct cloud *cloud, bool failed, struct cloud *ret)
{
    if (failed) {
        cloud_free(cloud);
        return -ENOMEM;
    }
    *ret = *cloud;
    return 0;
}

int
cloud_read_identity_document(const struct json_node *root, struct cloud *ret)
{
    struct span instance = text_span(root, "instanceId");
    struct cloud cloud = {0};
    bool failed = false;
    if (!is_account(text_span(root, "accountId")) || !is_region(text_span(root, "region")) ||
        instance.len < 3 || strncmp(instance.s, "i-", 2) != 0)
        return -ENOENT;
    cloud.service = copy((struct span){"EC2", 3}, &failed);
    cloud.region = copy(text_span(root, "region"), &failed);
    cloud.zone = copy(text_span(root, "availabilityZone"), &failed);
    cloud.account = copy(text_span(root, "accountId"), &failed);
    cloud.instance = copy(instance, &failed);
    cloud.machine_type = copy(text_span(root, "instanceType"), &failed);
    cloud.image = copy(text_span(root, "imageId"), &failed);
    return finish(&cloud, failed, ret);
}

int
cloud_read_task(const struct json_node *root, struct cloud *ret)
{
    struct arn arn = arn_split(json_get_text(root, "TaskARN"));
    const char *launch_type = json_get_text(root, "LaunchType");
    struct cloud cloud = {0};
    bool failed = false;
    if (!is_account(arn.account) || !is_region(arn.region))
        return -ENOENT;
    cloud.fargate = launch_type != NULL && strcmp(launch_type, "FARGATE") == 0;
    if (cloud.fargate)
        cloud.service = copy((struct span){"Fargate", 7}, &failed);
    cloud.region = copy(arn.region, &failed);
    cloud.zone = copy(text_span(root, "AvailabilityZone"), &failed);
    cloud.account = copy(arn.account, &failed);
    return finish(&cloud, failed, ret);
}

static bool
read_line(const char *root, const char *name, char *line, int size)
{
    CLEANUP_FREE char *path = NULL;
    CLEANUP_FILE FILE *file = NULL;
    if (asprintf(&path, "%s%s", root, name) < 0) {
        path = NULL;
        return false;
    }
    file = fopen(path, "re");
    return file != NULL && fgets(line, size, file) != NULL;
}

bool
cloud_may_be_ec2(const char *root)
{
    char line[256];
    if (read_line(root, "/sys/hypervisor/uuid", line, sizeof line) &&
        strncasecmp(line, "ec2", 3) == 0)
        return true;
    if (!read_line(root, "/sys/class/dmi/id/sys_vendor", line, sizeof line))
        return true;
    return strstr(line, "Amazon") != NULL;
}
