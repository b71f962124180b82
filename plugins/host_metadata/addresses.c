/* SPDX-License-Identifier: Apache-2.0 */
/*
 * addresses.c - addresses of the machine's interfaces, see facts.h.
 */
#include "facts.h"

#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sys/stat.h>

#define MAC_BYTES 6
/* Documents carry every one of them; a machine with more is a router. */
#define MAX_TEXTS 256

static void
texts_free(struct texts *texts)
{
    for (size_t i = 0; i < texts->n; i++)
        free(texts->items[i]);
    free(texts->items);
    *texts = (struct texts){0};
}

void
addresses_free(struct addresses *addresses)
{
    texts_free(&addresses->ip);
    texts_free(&addresses->mac);
}

static bool
texts_equal(const struct texts *a, const struct texts *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    }
    return true;
}

bool
addresses_equal(const struct addresses *a, const struct addresses *b)
{
    return texts_equal(&a->ip, &b->ip) && texts_equal(&a->mac, &b->mac);
}

static int
insert(struct texts *texts, size_t at, const char *text)
{
    char **items = support_realloc_array(texts->items, texts->n + 1, sizeof *items);
    char *copy;
    if (items == NULL)
        return -ENOMEM;
    texts->items = items;
    copy = strdup(text);
    if (copy == NULL)
        return -ENOMEM;
    memmove(&items[at + 1], &items[at], (texts->n - at) * sizeof *items);
    items[at] = copy;
    texts->n++;
    return 0;
}

/* Keeps the list sorted and each text once. */
static int
add_sorted(struct texts *texts, const char *text)
{
    size_t at;
    for (at = 0; at < texts->n; at++) {
        int order = strcmp(text, texts->items[at]);
        if (order == 0)
            return 0;
        if (order < 0)
            break;
    }
    return texts->n < MAX_TEXTS ? insert(texts, at, text) : 0;
}

/* Keeps the kernel's order, so that the first address is the first interface's. */
static int
add_once(struct texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->n; i++) {
        if (strcmp(text, texts->items[i]) == 0)
            return 0;
    }
    return texts->n < MAX_TEXTS ? insert(texts, texts->n, text) : 0;
}

static int
add_ip(struct addresses *addresses, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN];
    const void *bytes =
        address->sa_family == AF_INET
            ? (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr
            : &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (inet_ntop(address->sa_family, bytes, text, sizeof text) == NULL)
        return -errno;
    return add_once(&addresses->ip, text);
}

static int
add_mac(struct addresses *addresses, const struct sockaddr *address)
{
    const struct sockaddr_ll *link = (const struct sockaddr_ll *)(const void *)address;
    static const unsigned char zero[MAC_BYTES];
    const unsigned char *b = link->sll_addr;
    char text[MAC_BYTES * 3];
    if (link->sll_halen != MAC_BYTES || memcmp(b, zero, MAC_BYTES) == 0)
        return 0;
    snprintf(text, sizeof text, "%02X-%02X-%02X-%02X-%02X-%02X", b[0], b[1], b[2], b[3], b[4],
             b[5]);
    return add_sorted(&addresses->mac, text);
}

static bool
is_bridge_port(const char *interface)
{
    CLEANUP_FREE char *path = NULL;
    struct stat st;
    if (asprintf(&path, "/sys/class/net/%s/brport", interface) < 0) {
        path = NULL;
        return false;
    }
    return stat(path, &st) == 0;
}

static int
add_entry(struct addresses *addresses, const struct ifaddrs *entry)
{
    if (entry->ifa_addr == NULL || (entry->ifa_flags & IFF_LOOPBACK) ||
        !(entry->ifa_flags & IFF_UP) || is_bridge_port(entry->ifa_name))
        return 0;
    switch (entry->ifa_addr->sa_family) {
    case AF_INET:
    case AF_INET6:
        return add_ip(addresses, entry->ifa_addr);
    case AF_PACKET:
        return add_mac(addresses, entry->ifa_addr);
    default:
        return 0;
    }
}

int
addresses_read(struct addresses *addresses)
{
    struct ifaddrs *list, *entry;
    int code = 0;
    if (getifaddrs(&list) < 0)
        return -errno;
    for (entry = list; entry != NULL && code == 0; entry = entry->ifa_next)
        code = add_entry(addresses, entry);
    freeifaddrs(list);
    return code;
}
