/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystore.h - secrets by name, in one file that only its owner may read.
 *
 * The file holds "v1", then base64 of salt (64 bytes), nonce (12), and JSON sealed with AES-256-GCM
 * under a key that PBKDF2 makes of an empty password: it hides secrets from a glance, its mode 0600
 * protects them. Metricbeat reads and writes the same form, so that its keystore can be copied.
 */
#ifndef MH_CONFIG_KEYSTORE_H
#define MH_CONFIG_KEYSTORE_H

#include "config/config.h"

struct keystore;

/* keystore.path, else metrichost.keystore in path.data; the caller frees it. */
char *keystore_path(const struct settings *s);

/* Reads a keystore. Returns 0, -ENOENT when there is none, or another -errno with *ret_reason in
 * words; the caller frees it. */
int keystore_open(const char *path, bool strict_perms, struct keystore **ret, char **ret_reason);
/* An empty one. NULL: no memory. */
struct keystore *keystore_new(void);
void keystore_free(struct keystore *k); /* NULL is fine; wipes the secrets */

size_t keystore_count(const struct keystore *k);
const char *keystore_name(const struct keystore *k, size_t i); /* sorted */
/* NULL: there is none of this name. */
const char *keystore_get(const struct keystore *k, const char *name);
/* Adds or replaces. Copies. Returns 0 or -ENOMEM. */
int keystore_set(struct keystore *k, const char *name, const char *value);
/* Returns 0 or -ENOENT. */
int keystore_remove(struct keystore *k, const char *name);
/* Writes the file (mode 0600) so that a crash leaves the old or the new one. Returns 0 or -errno.
 */
int keystore_save(const struct keystore *k, const char *path);

/* The place of the keystore in the search for variables: opened when a name is asked for first. */
struct keystore_lookup {
    char *path;
    struct keystore *store;
    bool strict_perms;
    bool tried;
};
int keystore_lookup_prepare(struct keystore_lookup *l, const struct settings *s, bool strict_perms);
int keystore_lookup_secret(void *priv, const char *name, char **ret, char **ret_reason);
void keystore_lookup_close(struct keystore_lookup *l);

#endif
