/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition_network.c - address blocks: reading, names, membership.
 */
#include <arpa/inet.h>

#include "condition_internal.h"

bool
condition_parse_network(const char *text, struct network *network)
{
    char address[64];
    const char *slash = strchr(text, '/');
    size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);
    unsigned most = 128, offset = 0;
    char *end = NULL;
    unsigned long bits;
    if (len >= sizeof address)
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    if (inet_pton(AF_INET, address, network->address + 12) == 1) {
        memset(network->address, 0, 10);
        memset(network->address + 10, 0xff, 2);
        most = 32;
        offset = 96;
    } else if (inet_pton(AF_INET6, address, network->address) != 1) {
        return false;
    }
    bits = slash == NULL ? most : strtoul(slash + 1, &end, 10);
    if (slash != NULL && (end == slash + 1 || *end != '\0' || bits > most))
        return false;
    network->bits = (unsigned)bits + offset;
    return true;
}

/* The blocks behind the names that may stand for them. */
const char *const *
condition_named_networks(const char *name)
{
    static const struct {
        const char *name;
        const char *blocks[6];
    } named[] = {
        {"loopback", {"127.0.0.0/8", "::1/128"}},
        {"private", {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"}},
        {"multicast", {"224.0.0.0/4", "ff00::/8"}},
        {"link_local_unicast", {"169.254.0.0/16", "fe80::/10"}},
        {"link_local_multicast", {"224.0.0.0/24", "ff02::/16"}},
        {"interface_local_multicast", {"ff01::/16"}},
        {"unspecified", {"0.0.0.0/32", "::/128"}},
    };
    for (size_t i = 0; i < COUNT_OF(named); i++)
        if (strcmp(named[i].name, name) == 0)
            return named[i].blocks;
    return NULL;
}

bool
condition_in_network(const struct network *network, const unsigned char *address)
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(network->address, address, whole) != 0)
        return false;
    return rest == 0 || ((network->address[whole] ^ address[whole]) >> (8 - rest)) == 0;
}
