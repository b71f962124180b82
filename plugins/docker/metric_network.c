/* SPDX-License-Identifier: Apache-2.0 */
/* metric_network.c - docker.network: one record for each interface of each container. */
#include "metrics.h"

static void
emit_interface(const struct emitter *emitter, const struct measured *measured, size_t n)
{
    const struct usage_interface *interface = &measured->usage->network.interfaces[n];
    const uint64_t *counts = &interface->value[0][0];
    struct mh_record *record = emit_container_record(emitter, DATASET_NETWORK, measured->container);
    if (record == NULL)
        return;
    emit_text(emitter, record, NETWORK_INTERFACE, interface->name);
    for (uint32_t i = 0; i < NET_DIRECTIONS * NET_KINDS; i++)
        emit_count(emitter, record, NETWORK_INBOUND_BYTES + i, counts[i]);
    if (n < measured->rates->cap_interfaces)
        for (uint32_t i = 0; i < NET_DIRECTIONS * NET_KINDS; i++)
            emit_double(emitter, record, NETWORK_IN_BYTES + i,
                        measured->rates->network[n][i / NET_KINDS][i % NET_KINDS]);
    emit_count(emitter, record, NETWORK_ECS_INGRESS, interface->value[NET_RECEIVED][NET_BYTES]);
    emit_count(emitter, record, NETWORK_ECS_EGRESS, interface->value[NET_SENT][NET_BYTES]);
}

void
emit_network(const struct emitter *emitter, const struct measured *measured)
{
    for (size_t n = 0; n < measured->usage->network.n_interfaces; n++)
        emit_interface(emitter, measured, n);
}
