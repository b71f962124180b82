/* SPDX-License-Identifier: Apache-2.0 */
/* arn.c - see arn.h. */
#include "arn.h"

#include "support.h"

enum { ARN_REGION = 3, ARN_ACCOUNT, ARN_RESOURCE, ARN_PARTS };

struct arn
arn_split(const char *text)
{
    const struct arn none = {0};
    struct span parts[ARN_PARTS] = {0};
    size_t i;
    if (text == NULL || strncmp(text, "arn:", 4) != 0)
        return none;
    for (i = 0; i < ARN_PARTS; i++) {
        bool last = i + 1 == ARN_PARTS;
        parts[i] = (struct span){text, last ? strlen(text) : strcspn(text, ":")};
        text += parts[i].len;
        if (!last && *text++ != ':')
            return none;
    }
    return (struct arn){parts[ARN_REGION], parts[ARN_ACCOUNT], parts[ARN_RESOURCE]};
}

struct span
last_part(const char *text)
{
    const char *slash = text != NULL ? strrchr(text, '/') : NULL;
    if (slash != NULL)
        text = slash + 1;
    return (struct span){text, text != NULL ? strlen(text) : 0};
}
