/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_yaml.c - any bytes as a configuration: parse, lay over another one, expand, check against
 * the host's schema.
 *
 * Beyond not crashing, two things must hold: a text that is refused has a finding with a reason,
 * and what the emitter writes of a tree parses to an equal tree. The first line, when it begins
 * with "-E ", is an override.
 */
#include "config/tree.h"
#include "config/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition, const char *what, const struct diagnostics *d)
{
    if (condition)
        return;
    fprintf(stderr, "%s\n%s", what, d->text.data != NULL ? d->text.data : "");
    abort();
}

/* Anonymous so that no file of this machine is read: the only secret is this one. */
static int
lookup(void *priv, const char *name, char **ret, char **ret_reason)
{
    (void)priv, (void)ret_reason;
    *ret = strdup(name);
    return *ret != NULL ? 0 : -12;
}

static void
check_round_trip(const struct mh_config *tree)
{
    CLEANUP(buf_free) struct buf text = {0};
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    require(yaml_write(tree, &text) == 0, "the tree cannot be written", &d);
    CLEANUP(node_freep) struct mh_config *again = yaml_load(text.data, text.len, "again", &d);
    require(again != NULL, text.data, &d);
    require(config_equal(tree, again), text.data, &d);
}

static struct mh_config *
base(struct diagnostics *d)
{
    static const char text[] =
        "name: n\ntags: [a, b]\nfields: {x: '${name}', y: {z: 1}}\nqueue.mem.events: 1\n";
    return yaml_load(text, sizeof text - 1, "base", d);
}

static void
use(struct mh_config *tree, const char *override)
{
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    CLEANUP(node_freep) struct mh_config *root = base(&d);
    tree_rename_legacy(tree, &d);
    require(tree_merge(root, tree) == 0, "cannot merge", &d);
    if (override != NULL)
        tree_override(root, override, &d);
    struct expansion e = {.root = root, .d = &d, .lookup = lookup};
    int r = tree_expand(&e, root, "");
    require(r == 0 || d.n_errors > 0, "expansion failed without a word", &d);
    d.n_errors = 0;
    r = config_bind(root, &host_keys, 1, "", &d);
    require((r < 0) == (d.n_errors > 0), "result and findings disagree", &d);
    CLEANUP(node_freep) struct mh_config *copy = config_clone(root);
    require(copy != NULL && config_equal(copy, root), "a copy differs", &d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    CLEANUP_FREE char *override = NULL;
    const uint8_t *newline = memchr(data, '\n', size);
    if (size > 3 && memcmp(data, "-E ", 3) == 0 && newline != NULL) {
        override = strndup((const char *)data + 3, (size_t)(newline - data) - 3);
        size -= (size_t)(newline + 1 - data);
        data = newline + 1;
    }
    struct mh_config *tree = yaml_load((const char *)data, size, "fuzz", &d);
    require(tree != NULL || d.n_errors > 0, "refused without a word", &d);
    if (tree == NULL)
        return 0;
    check_round_trip(tree);
    if (tree->kind == MH_NODE_MAP)
        use(tree, override);
    else
        config_node_free(tree);
    return 0;
}
