/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth.c - makes and keeps the Authorization header.
 */
#include "auth.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base64.h"
#include "support.h"

#define MAX_SECRET 65536

struct auth {
    const struct es_options *o;
    const struct endpoint *endpoint;
    char *header;
    char *secret; /* as last read from the file */
    struct timespec modified;
    ino_t inode;
    off_t size;
};

struct auth *
auth_new(const struct es_options *o, const struct endpoint *endpoint)
{
    struct auth *auth = calloc(1, sizeof *auth);
    if (auth == NULL)
        return NULL;
    auth->o = o;
    auth->endpoint = endpoint;
    return auth;
}

static void
free_secret(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void
auth_free(struct auth *auth)
{
    if (auth == NULL)
        return;
    free_secret(auth->header);
    free_secret(auth->secret);
    free(auth);
}

/* The whole file without line ends and blanks at its end. */
static int
read_secret(const char *path, char **ret)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text;
    ssize_t n;
    size_t len = 0;
    if (fd < 0)
        return -errno;
    text = malloc(MAX_SECRET + 1);
    if (text == NULL)
        return -ENOMEM;
    while (len < MAX_SECRET && (n = read(fd, text + len, MAX_SECRET - len)) > 0)
        len += (size_t)n;
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
        len--;
    text[len] = '\0';
    *ret = text;
    return 0;
}

static char *
joined(const char *a, const char *b)
{
    size_t size = strlen(a) + strlen(b) + 1;
    char *text = malloc(size);
    if (text != NULL)
        snprintf(text, size, "%s%s", a, b);
    return text;
}

/* "Basic " and base64 of "user:password". */
static char *
basic_header(const char *username, const char *password)
{
    char *user = joined(username, ":");
    char *pair = user == NULL ? NULL : joined(user, password);
    char *encoded = pair == NULL ? NULL : base64_encode(pair, strlen(pair));
    char *header = encoded == NULL ? NULL : joined("Basic ", encoded);
    free(user);
    free_secret(pair);
    free_secret(encoded);
    return header;
}

/* A key as ID:KEY is encoded; one without a colon is encoded already. */
static char *
api_key_header(const char *key)
{
    char *encoded = strchr(key, ':') != NULL ? base64_encode(key, strlen(key)) : strdup(key);
    char *header = encoded == NULL ? NULL : joined("ApiKey ", encoded);
    free_secret(encoded);
    return header;
}

static char *
make_header(const struct auth *auth, const char *secret)
{
    switch (auth->o->auth) {
    case AUTH_BASIC:
        return basic_header(auth->o->username, secret);
    case AUTH_API_KEY:
        return api_key_header(secret);
    case AUTH_BEARER:
        return joined("Bearer ", secret);
    default:
        return NULL;
    }
}

/* Reads the file and remembers its state; the header is made anew when the secret is another. */
static int
load_file(struct auth *auth, const struct stat *st, bool *ret_changed)
{
    char *secret = NULL, *header;
    int code = read_secret(auth->o->secret_file, &secret);
    if (code != 0)
        return code;
    auth->modified = st->st_mtim;
    auth->inode = st->st_ino;
    auth->size = st->st_size;
    *ret_changed = auth->secret == NULL || strcmp(auth->secret, secret) != 0;
    if (!*ret_changed) {
        free_secret(secret);
        return 0;
    }
    header = make_header(auth, secret);
    if (header == NULL) {
        free_secret(secret);
        return -ENOMEM;
    }
    free_secret(auth->secret);
    free_secret(auth->header);
    auth->secret = secret;
    auth->header = header;
    return 0;
}

static int
refresh(struct auth *auth, bool always, bool *ret_changed)
{
    struct stat st;
    *ret_changed = false;
    if (stat(auth->o->secret_file, &st) != 0)
        return -errno;
    if (!always && st.st_ino == auth->inode && st.st_size == auth->size &&
        memcmp(&st.st_mtim, &auth->modified, sizeof st.st_mtim) == 0)
        return 0;
    return load_file(auth, &st, ret_changed);
}

const char *
auth_header(struct auth *auth, int *ret_problem)
{
    bool changed;
    int code = 0;
    if (auth->endpoint->username != NULL) {
        if (auth->header == NULL)
            auth->header = basic_header(auth->endpoint->username, auth->endpoint->password);
    } else if (auth->o->secret_file != NULL) {
        code = refresh(auth, false, &changed);
    } else if (auth->header == NULL && auth->o->auth != AUTH_NONE) {
        auth->header = make_header(auth, auth->o->secret);
    }
    if (ret_problem != NULL)
        *ret_problem = code;
    return auth->header;
}

bool
auth_reload(struct auth *auth)
{
    bool changed = false;
    if (auth->endpoint->username != NULL || auth->o->secret_file == NULL)
        return false;
    return refresh(auth, true, &changed) == 0 && changed;
}
