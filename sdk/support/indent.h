/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indent.h - lays a JSON text out over several lines for human readers.
 */
#ifndef MH_SUPPORT_INDENT_H
#define MH_SUPPORT_INDENT_H

#include "json_write.h"

/* [any] Appends the valid JSON text `json`, two blanks a level, without a line end. A failed
 * allocation sets to->failed. */
void indent_json(struct json_text *to, const char *json, size_t len);

#endif
