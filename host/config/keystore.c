/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystore.c - the secrets in memory and in their file.
 *
 * Invariant: entries are sorted by name. Every copy of a secret that this file makes is wiped
 * before its memory is freed.
 */
#include "config/keystore.h"
#include "config/keystore_seal.h"
#include "config/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <openssl/crypto.h>

#define MAX_FILE ((size_t)4 << 20)

struct entry {
    char *name;
    char *value;
};

struct keystore {
    struct entry *entries;
    size_t n;
};

struct keystore *
keystore_new(void)
{
    return calloc(1, sizeof(struct keystore));
}

static void
wipe_text(char *text)
{
    if (text != NULL)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
}

static void
wipe_buf(struct buf *b)
{
    if (b->data != NULL)
        OPENSSL_cleanse(b->data, b->cap);
    buf_free(b);
}

void
keystore_free(struct keystore *k)
{
    if (k == NULL)
        return;
    for (size_t i = 0; i < k->n; i++) {
        free(k->entries[i].name);
        wipe_text(k->entries[i].value);
    }
    free(k->entries);
    free(k);
}

static void
keystore_freep(struct keystore **k)
{
    keystore_free(*k);
}

size_t
keystore_count(const struct keystore *k)
{
    return k->n;
}

const char *
keystore_name(const struct keystore *k, size_t i)
{
    return k->entries[i].name;
}

/* Where a name is, or belongs. */
static size_t
place_of(const struct keystore *k, const char *name, bool *ret_found)
{
    size_t i = 0;
    while (i < k->n && strcmp(k->entries[i].name, name) < 0)
        i++;
    *ret_found = i < k->n && strcmp(k->entries[i].name, name) == 0;
    return i;
}

const char *
keystore_get(const struct keystore *k, const char *name)
{
    bool found;
    size_t i = place_of(k, name, &found);
    return found ? k->entries[i].value : NULL;
}

static int
insert(struct keystore *k, size_t i, const char *name, char *value)
{
    struct entry *entries = reallocarray(k->entries, k->n + 1, sizeof *entries);
    char *copy = strdup(name);
    if (entries != NULL)
        k->entries = entries;
    if (entries == NULL || copy == NULL) {
        free(copy);
        return -ENOMEM;
    }
    memmove(&k->entries[i + 1], &k->entries[i], (k->n - i) * sizeof *entries);
    k->entries[i] = (struct entry){copy, value};
    k->n++;
    return 0;
}

int
keystore_set(struct keystore *k, const char *name, const char *value)
{
    bool found;
    size_t i = place_of(k, name, &found);
    char *copy = strdup(value);
    if (copy == NULL)
        return -ENOMEM;
    if (!found) {
        int r = insert(k, i, name, copy);
        if (r < 0)
            wipe_text(copy);
        return r;
    }
    wipe_text(k->entries[i].value);
    k->entries[i].value = copy;
    return 0;
}

int
keystore_remove(struct keystore *k, const char *name)
{
    bool found;
    size_t i = place_of(k, name, &found);
    if (!found)
        return -ENOENT;
    free(k->entries[i].name);
    wipe_text(k->entries[i].value);
    k->n--;
    memmove(&k->entries[i], &k->entries[i + 1], (k->n - i) * sizeof k->entries[0]);
    return 0;
}

/* The content: {"NAME":{"value":"<base64>"}} */

static int
add_content(const struct mh_config *node, struct buf *name, struct keystore *k)
{
    const struct mh_config *value = node_member(node, "value", 5);
    if (value != NULL && value->kind == MH_NODE_SCALAR) {
        CLEANUP(wipe_buf) struct buf plain = {0};
        int r = seal_base64_decode(value->text, strlen(value->text), &plain);
        return r == 0 ? keystore_set(k, name->data, plain.data) : r;
    }
    if (node->kind != MH_NODE_MAP)
        return -EBADMSG;
    for (size_t i = 0; i < node->n_members; i++) {
        /* The reader of the configuration made maps of names with dots; they are put together
         * again. */
        size_t len = name->len;
        buf_printf(name, "%s%s", len > 0 ? "." : "", node->members[i].key);
        int r = name->failed ? -ENOMEM : add_content(node->members[i].node, name, k);
        if (r < 0)
            return r;
        name->len = len;
        name->data[len] = '\0';
    }
    return 0;
}

static int
parse_content(const struct buf *json, struct keystore *k)
{
    struct diagnostics hidden = {0};
    CLEANUP(buf_free) struct buf name = {0};
    CLEANUP(node_freep)
    struct mh_config *root = yaml_load(json->data, json->len, "keystore", &hidden);
    diagnostics_free(&hidden);
    buf_add_text(&name, "");
    return root != NULL && !name.failed ? add_content(root, &name, k) : -EBADMSG;
}

static void
write_content(const struct keystore *k, struct buf *json)
{
    buf_add_char(json, '{');
    for (size_t i = 0; i < k->n; i++) {
        buf_add_text(json, i > 0 ? "," : "");
        buf_add_json_string(json, k->entries[i].name, strlen(k->entries[i].name));
        buf_add_text(json, ":{\"value\":\"");
        seal_base64_encode(k->entries[i].value, strlen(k->entries[i].value), json);
        buf_add_text(json, "\"}");
    }
    buf_add_char(json, '}');
}

/* The file */

static int
check_access(const char *path, int fd, bool strict, char **ret_reason)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!strict || ((st.st_uid == 0 || st.st_uid == geteuid()) && (st.st_mode & 07777) == 0600))
        return 0;
    *ret_reason = util_printf("%s: must belong to root or to the user that runs metrichost, with "
                              "permissions 0600; run: chmod 600 %s",
                              path, path);
    return -EPERM;
}

static int
read_file(const char *path, bool strict, char **ret, size_t *ret_len, char **ret_reason)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = check_access(path, fd, strict, ret_reason);
    return r == 0 ? util_read_fd(fd, MAX_FILE, ret, ret_len) : r;
}

static int
read_keystore(const char *path, bool strict, struct keystore *k, char **ret_reason)
{
    CLEANUP_FREE char *sealed = NULL;
    CLEANUP(wipe_buf) struct buf json = {0};
    size_t len = 0;
    int r = read_file(path, strict, &sealed, &len, ret_reason);
    if (r == 0)
        r = seal_open(sealed, len, &json);
    return r == 0 ? parse_content(&json, k) : r;
}

int
keystore_open(const char *path, bool strict_perms, struct keystore **ret, char **ret_reason)
{
    CLEANUP(keystore_freep) struct keystore *k = keystore_new();
    *ret_reason = NULL;
    if (k == NULL)
        return -ENOMEM;
    int r = read_keystore(path, strict_perms, k, ret_reason);
    if (r == 0) {
        *ret = take(k);
        return 0;
    }
    if (*ret_reason == NULL && r != -ENOENT)
        *ret_reason =
            util_printf("%s: %s", path,
                        r == -EBADMSG ? "is damaged or no keystore; create a new one with "
                                        "`metrichost keystore create --force`"
                                      : strerror(-r));
    return r;
}

int
keystore_save(const struct keystore *k, const char *path)
{
    CLEANUP(wipe_buf) struct buf json = {0};
    CLEANUP(buf_free) struct buf sealed = {0};
    write_content(k, &json);
    if (json.failed)
        return -ENOMEM;
    int r = seal_close(json.data, json.len, &sealed);
    return r == 0 ? util_write_file_atomic(path, sealed.data, sealed.len, 0600) : r;
}
