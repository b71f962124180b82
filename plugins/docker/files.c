/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - see files.h. */
#include "files.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>

#define FIRST_CAP ((size_t)8 << 10)
#define MAX_CAP ((size_t)1 << 20)
/* The kernel hands over files line by line in pieces of a page; a shorter read than this was the
 * last one. */
#define SURELY_WHOLE 3072

void
file_text_free(struct file_text *text)
{
    free(text->data);
    *text = (struct file_text){0};
}

static int
grow(struct file_text *text)
{
    size_t cap = text->cap == 0 ? FIRST_CAP : text->cap * 2;
    char *data;
    if (cap > MAX_CAP)
        return -EFBIG;
    data = realloc(text->data, cap);
    if (data == NULL)
        return -ENOMEM;
    text->data = data;
    text->cap = cap;
    return 0;
}

int
file_read_fd(int fd, struct file_text *text)
{
    ssize_t n;
    text->len = 0;
    do {
        int result = text->cap - text->len < FIRST_CAP / 2 ? grow(text) : 0;
        if (result < 0)
            return result;
        n = pread(fd, text->data + text->len, text->cap - text->len - 1, (off_t)text->len);
        if (n < 0 && errno != EINTR)
            return -errno;
        text->len += n > 0 ? (size_t)n : 0;
    } while (n < 0 || n >= SURELY_WHOLE);
    text->data[text->len] = '\0';
    return 0;
}

int
file_read(const char *path, struct file_text *text)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : file_read_fd(fd, text);
}

bool
text_number(const char **text, uint64_t *ret)
{
    const char *p = *text;
    uint64_t value = 0;
    if (*p < '0' || *p > '9')
        return false;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
            return false;
    *text = p;
    *ret = value;
    return true;
}

uint64_t
text_whole_number(const char *text)
{
    uint64_t value;
    return text_number(&text, &value) && (*text == '\n' || *text == '\0') ? value : UINT64_MAX;
}

const char *
text_next_line(const char *text)
{
    text = strchr(text, '\n');
    return text == NULL || text[1] == '\0' ? NULL : text + 1;
}
