/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - the settings of a template: ours, with those of setup.template.settings over them.
 */
#ifndef OUTPUT_ES_SETTINGS_H
#define OUTPUT_ES_SETTINGS_H

#include "json_write.h"
#include "options.h"

struct settings; /* opaque: a list of flat keys ("index.codec") with JSON values */

struct settings *settings_new(void); /* NULL: no memory */
void settings_free(struct settings *s);
/* Sets a key to a JSON text, replacing what it had. A failure is seen in settings_write(). */
void settings_set(struct settings *s, const char *key, const char *json);
/* Sets a key to a text. */
void settings_set_text(struct settings *s, const char *key, const char *text);
/* Sets everything that is at this option, nested or dotted; "index." is put before keys that lack
 * it. */
void settings_merge(struct settings *s, const struct es_options *o, const char *path);
/* Appends {"index.codec":"best_compression",...}. 0 or -ENOMEM. */
int settings_write(const struct settings *s, struct json_text *to);

#endif
