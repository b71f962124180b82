/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diagnostics.c - findings with positions, one a line.
 */
#include "config/node.h"

void
diagnostics_free(struct diagnostics *d)
{
    buf_free(&d->text);
}

static void
add_position(struct buf *b, const struct mh_config *node)
{
    if (node == NULL || node->origin == NULL)
        return;
    buf_add_text(b, node->origin->name);
    uint32_t line = node->line != 0 ? node->line : node->key_line;
    uint32_t column = node->line != 0 ? node->column : node->key_column;
    if (line != 0)
        buf_printf(b, ":%u:%u", line, column);
    buf_add_text(b, ": ");
}

void
config_report(struct diagnostics *d, bool is_error, const struct mh_config *node, const char *path,
              const char *format, ...)
{
    const struct mh_config *at = node != NULL ? node_find(node, path) : NULL;
    va_list args;
    add_position(&d->text, at != NULL ? at : node);
    buf_add_text(&d->text, is_error ? "error: " : "warning: ");
    va_start(args, format);
    buf_vprintf(&d->text, format, args);
    va_end(args);
    buf_add_char(&d->text, '\n');
    if (is_error)
        d->n_errors++;
    else
        d->n_warnings++;
}

void
report_file(struct diagnostics *d, bool is_error, const char *file, const char *format, ...)
{
    struct config_origin origin = {.name = (char *)file};
    struct mh_config at = {.origin = &origin};
    CLEANUP(buf_free) struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    config_report(d, is_error, &at, NULL, "%s", text.failed ? format : text.data);
}
