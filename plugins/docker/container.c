/* SPDX-License-Identifier: Apache-2.0 */
/* container.c - the table of containers and its upkeep from the engine's list. The inspection is
 * read in inspect.c. */
#include "container.h"
#include "cgroup.h"
#include "json.h"
#include "support.h"

#include <errno.h>

static void
free_addresses(struct container *container)
{
    for (size_t n = 0; n < container->n_addresses; n++)
        free(container->addresses[n]);
    free(container->addresses);
    container->addresses = NULL;
    container->n_addresses = 0;
}

static void
free_facts(struct container *container)
{
    free(container->name);
    free(container->image);
    free(container->command);
    free(container->status);
    free(container->state);
    labels_free(container->labels, container->n_labels);
    free_addresses(container);
}

void
container_forget_usage(struct container *container, struct machine *machine)
{
    cgroup_close(machine, take(container->cgroup));
    container->no_cgroup = false;
    history_free(&container->history);
}

struct container *
container_new(const char *id)
{
    struct container *container = calloc(1, sizeof *container);
    if (container == NULL || (container->id = strdup(id)) == NULL) {
        free(container);
        return NULL;
    }
    container->needs_inspection = true;
    return container;
}

void
container_free(struct container *container, struct machine *machine)
{
    if (container == NULL)
        return;
    container_forget_usage(container, machine);
    free_facts(container);
    inspected_free(&container->inspected);
    free(container->id);
    free(container);
}

void
containers_free(struct containers *containers, struct machine *machine)
{
    for (size_t n = 0; n < containers->n; n++)
        container_free(containers->list[n], machine);
    free(containers->list);
    containers->list = NULL;
    containers->n = containers->cap = 0;
}

/* Index of the id, or where it belongs. */
static size_t
position(const struct containers *containers, const char *id, bool *ret_found)
{
    size_t low = 0, high = containers->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(containers->list[middle]->id, id);
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = false;
    return low;
}

struct container *
containers_find(const struct containers *containers, const char *id)
{
    bool found;
    size_t n = position(containers, id, &found);
    return found ? containers->list[n] : NULL;
}

static void
remove_at(struct containers *containers, struct machine *machine, size_t n)
{
    container_free(containers->list[n], machine);
    containers->n--;
    memmove(&containers->list[n], &containers->list[n + 1],
            (containers->n - n) * sizeof(struct container *));
}

void
containers_remove(struct containers *containers, struct machine *machine,
                  struct container *container)
{
    bool found;
    size_t n = position(containers, container->id, &found);
    if (found)
        remove_at(containers, machine, n);
}

static struct container *
insert(struct containers *containers, size_t at, const char *id)
{
    struct container *container;
    if (containers->n == containers->cap) {
        size_t cap = containers->cap == 0 ? 16 : containers->cap * 2;
        struct container **list =
            support_realloc_array(containers->list, cap, sizeof(struct container *));
        if (list == NULL)
            return NULL;
        containers->list = list;
        containers->cap = cap;
    }
    container = container_new(id);
    if (container == NULL)
        return NULL;
    memmove(&containers->list[at + 1], &containers->list[at],
            (containers->n - at) * sizeof(struct container *));
    containers->list[at] = container;
    containers->n++;
    return container;
}

static struct container *
find_or_insert(struct containers *containers, const char *id)
{
    bool found;
    size_t n = position(containers, id, &found);
    return found ? containers->list[n] : insert(containers, n, id);
}

int
container_set_text(char **text, const char *value)
{
    char *copy = value == NULL ? NULL : strdup(value);
    if (value != NULL && copy == NULL)
        return -ENOMEM;
    free(*text);
    *text = copy;
    return 0;
}

static size_t
count_slashes(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == '/';
    return n;
}

char *
container_choose_name(const struct json_node *names)
{
    const char *best = NULL;
    size_t len;
    if (names == NULL || names->type != JSON_ARRAY)
        return NULL;
    for (const struct json_node *m = names->members.first; m != NULL; m = m->next) {
        const char *name = json_get_text(m, "");
        if (name != NULL && (best == NULL || count_slashes(name) < count_slashes(best)))
            best = name;
    }
    if (best == NULL)
        return NULL;
    best += strspn(best, "/");
    len = strlen(best);
    while (len > 0 && best[len - 1] == '/')
        len--;
    return strndup(best, len);
}

void
labels_free(struct label *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(labels[i].key);
        free(labels[i].value);
    }
    free(labels);
}

static int
copy_labels(struct container *to, const struct label *labels, size_t n)
{
    to->labels = calloc(n + 1, sizeof *to->labels);
    for (; to->labels != NULL && to->n_labels < n; to->n_labels++) {
        struct label *label = &to->labels[to->n_labels];
        label->key = strdup(labels[to->n_labels].key);
        label->value = strdup(labels[to->n_labels].value);
        if (label->key == NULL || label->value == NULL) {
            to->n_labels++;
            return -ENOMEM;
        }
    }
    return to->labels == NULL ? -ENOMEM : 0;
}

int
container_copy_identity(struct container *to, const struct container *from)
{
    if (container_set_text(&to->name, from->name) < 0 ||
        container_set_text(&to->image, from->image) < 0)
        return -ENOMEM;
    labels_free(to->labels, to->n_labels);
    to->labels = NULL;
    to->n_labels = 0;
    return copy_labels(to, from->labels, from->n_labels);
}

static char *
copy_key(const char *key, bool dedot)
{
    char *copy = strdup(key);
    for (char *dot = copy; dedot && dot != NULL && (dot = strchr(dot, '.')) != NULL;)
        *dot = '_';
    return copy;
}

int
labels_read(const struct json_node *object, bool dedot, struct label **ret, size_t *ret_n)
{
    struct label *labels;
    size_t n = 0;
    *ret = NULL;
    *ret_n = 0;
    if (object == NULL || object->type != JSON_OBJECT || object->members.count == 0)
        return 0;
    labels = calloc(object->members.count, sizeof *labels);
    if (labels == NULL)
        return -ENOMEM;
    for (const struct json_node *m = object->members.first; m != NULL; m = m->next) {
        const char *value = json_get_text(m, "");
        if (value == NULL)
            continue;
        labels[n].key = copy_key(m->key, dedot);
        labels[n].value = strdup(value);
        if (labels[n].key == NULL || labels[n++].value == NULL) {
            labels_free(labels, n + (labels[n].key != NULL));
            return -ENOMEM;
        }
    }
    *ret = labels;
    *ret_n = n;
    return 0;
}

/* IPv4 and IPv6 addresses of all networks. */
static int
read_addresses(struct container *container, const struct json_node *networks)
{
    static const char *const names[] = {"IPAddress", "GlobalIPv6Address"};
    free_addresses(container);
    if (networks == NULL || networks->type != JSON_OBJECT || networks->members.count == 0)
        return 0;
    container->addresses = calloc(networks->members.count * COUNT_OF(names), sizeof(char *));
    if (container->addresses == NULL)
        return -ENOMEM;
    for (const struct json_node *m = networks->members.first; m != NULL; m = m->next)
        for (size_t n = 0; n < COUNT_OF(names); n++) {
            const char *address = json_get_text(m, names[n]);
            if (address == NULL || address[0] == '\0')
                continue;
            container->addresses[container->n_addresses] = strdup(address);
            if (container->addresses[container->n_addresses] == NULL)
                return -ENOMEM;
            container->n_addresses++;
        }
    return 0;
}

/* With the host's network the interfaces are the machine's, with none there are none to read. */
bool
container_has_own_network(const struct json_node *entry)
{
    const char *mode = json_get_text(entry, "HostConfig.NetworkMode");
    return mode == NULL || (strcmp(mode, "host") != 0 && strcmp(mode, "none") != 0);
}

/* A change of state may mean a new process. */
static int
read_state(struct container *container, const struct json_node *entry)
{
    const char *state = json_get_text(entry, "State");
    if (state != NULL && container->state != NULL && strcmp(state, container->state) != 0)
        container->needs_inspection = true;
    if (container_set_text(&container->state, state) < 0)
        return -ENOMEM;
    return container_set_text(&container->status, json_get_text(entry, "Status"));
}

static int
read_entry(struct container *container, const struct json_node *entry, bool dedot)
{
    struct label *labels;
    size_t n_labels;
    char *name = container_choose_name(json_at(entry, "Names"));
    if (name != NULL) {
        free(container->name);
        container->name = name;
    }
    if (container_set_text(&container->image, json_get_text(entry, "Image")) < 0 ||
        container_set_text(&container->command, json_get_text(entry, "Command")) < 0 ||
        read_state(container, entry) < 0 ||
        read_addresses(container, json_at(entry, "NetworkSettings.Networks")) < 0 ||
        labels_read(json_at(entry, "Labels"), dedot, &labels, &n_labels) < 0)
        return -ENOMEM;
    labels_free(container->labels, container->n_labels);
    container->labels = labels;
    container->n_labels = n_labels;
    json_get_int64(entry, "Created", &container->created_s);
    container->own_network = container_has_own_network(entry);
    return 0;
}

static void
remove_unlisted(struct containers *containers, struct machine *machine)
{
    for (size_t n = containers->n; n-- > 0;)
        if (containers->list[n]->generation != containers->generation)
            remove_at(containers, machine, n);
}

/* An id names a path of the API and of the kernel, so nothing else than an id is taken for one. */
bool
container_is_id(const char *id)
{
    size_t len = id == NULL ? 0 : strspn(id, "0123456789abcdefABCDEF");
    return len >= 12 && len <= 64 && id[len] == '\0';
}

int
containers_read_list(struct containers *containers, struct machine *machine,
                     const struct json_node *list)
{
    if (list == NULL || list->type != JSON_ARRAY)
        return -EBADMSG;
    containers->generation++;
    for (const struct json_node *entry = list->members.first; entry != NULL; entry = entry->next) {
        const char *id = json_get_text(entry, "Id");
        struct container *container;
        if (!container_is_id(id))
            continue;
        container = find_or_insert(containers, id);
        if (container == NULL || read_entry(container, entry, containers->dedot) < 0)
            return -ENOMEM;
        container->generation = containers->generation;
    }
    remove_unlisted(containers, machine);
    return 0;
}
