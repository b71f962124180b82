/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_schema.c - tests of what a plugin declares: the descriptor, its options, its datasets. The
 * host itself refuses only what it could misread; here also what an operator or Elasticsearch would
 * stumble over counts.
 */
#include "check.h"

#include "plugin/negotiate.h"

#define KNOWN_KEY_FLAGS                                                                            \
    (MH_KEY_REQUIRED | MH_KEY_SECRET | MH_KEY_DEPRECATED | MH_KEY_PATH | MH_KEY_IGNORED)

const struct mh_plugin *
subject_plugin(const struct subject *s)
{
    struct refusal why = {.file = s->file, .plugin = s->name};
    const struct mh_plugin *theirs, *ours = NULL;
    mh_entry_function entry = (mh_entry_function)subject_entry(s);
    if (entry == NULL)
        return NULL;
    if (negotiate_find(entry, s->kind, s->name, &theirs, &why) < 0 ||
        negotiate_copy(theirs, &ours, &why) < 0)
        note("%s", why.reason != NULL ? why.reason : "no memory");
    free(why.reason);
    return ours;
}

static bool
is_line(const char *text)
{
    return text != NULL && *text != '\0' && strchr(text, '\n') == NULL;
}

static enum verdict
descriptor_accepted(const struct subject *s)
{
    const struct mh_plugin *p = subject_plugin(s);
    if (p == NULL)
        return VERDICT_FAIL;
    enum verdict verdict = VERDICT_PASS;
    if (!is_line(p->summary)) {
        note(".summary must be one line: it is what `plugins list` shows");
        verdict = VERDICT_FAIL;
    }
    if (!is_line(p->license)) {
        note(".license must be an SPDX identifier, such as Apache-2.0");
        verdict = VERDICT_FAIL;
    }
    return verdict;
}

static unsigned
undocumented_fields(const struct mh_dataset *d)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < d->n_fields; i++)
        if (!is_line(d->fields[i].doc)) {
            note("field %s has no .doc of one line", d->fields[i].name);
            n++;
        }
    return n;
}

static enum verdict
all_is_documented(const struct subject *s)
{
    const struct mh_plugin *p = subject_plugin(s);
    unsigned bad = 0;
    if (p == NULL)
        return VERDICT_FAIL;
    for (uint32_t i = 0; i < p->n_keys; i++)
        if (!is_line(p->keys[i].doc)) {
            note("option %s has no .doc of one line", p->keys[i].name);
            bad++;
        }
    for (uint32_t i = 0; i < p->n_datasets; i++) {
        if (!is_line(p->datasets[i].doc)) {
            note("dataset %s has no .doc of one line", p->datasets[i].name);
            bad++;
        }
        bad += undocumented_fields(&p->datasets[i]);
    }
    return bad == 0 ? VERDICT_PASS : VERDICT_FAIL;
}

static bool
is_choice(const char *choices, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = choices;; at++) {
        size_t n = strcspn(at, "|");
        if (n == len && memcmp(at, word, n) == 0)
            return true;
        at += n;
        if (*at == '\0')
            return false;
    }
}

static bool
is_number(const char *text, bool whole)
{
    char *end;
    if (whole)
        (void)strtoll(text, &end, 10);
    else
        (void)strtod(text, &end);
    return end != text && *end == '\0';
}

static bool
default_fits(const struct mh_key *key)
{
    static const char *const truths[] = {"true", "false", "yes", "no", "on", "off"};
    const char *text = key->default_value;
    switch (key->type) {
    case MH_KEY_BOOL:
        for (size_t i = 0; i < COUNT_OF(truths); i++)
            if (strcmp(text, truths[i]) == 0)
                return true;
        return false;
    case MH_KEY_INT:
        return is_number(text, true);
    case MH_KEY_DOUBLE:
        return is_number(text, false);
    case MH_KEY_DURATION:
    case MH_KEY_BYTES:
        return *text >= '0' && *text <= '9';
    default:
        return key->choices == NULL || is_choice(key->choices, text);
    }
}

static const char *
fault_of_key(const struct mh_key *key)
{
    if ((key->flags & ~KNOWN_KEY_FLAGS) != 0)
        return "has unknown flags";
    if ((key->flags & MH_KEY_REQUIRED) != 0 && key->default_value != NULL)
        return "is required and has a default";
    if (key->choices != NULL && (key->type != MH_KEY_STRING || *key->choices == '\0'))
        return "has choices but is no string, or has none";
    if (key->default_value != NULL && !default_fits(key))
        return "has a default that does not fit its type or choices";
    return NULL;
}

static enum verdict
options_make_sense(const struct subject *s)
{
    const struct mh_plugin *p = subject_plugin(s);
    enum verdict verdict = p != NULL ? VERDICT_PASS : VERDICT_FAIL;
    for (uint32_t i = 0; p != NULL && i < p->n_keys; i++) {
        const char *fault = fault_of_key(&p->keys[i]);
        if (fault == NULL)
            continue;
        note("option %s %s", p->keys[i].name, fault);
        verdict = VERDICT_FAIL;
    }
    return verdict;
}

static const char *
fault_of_field(const struct mh_field *field)
{
    static const char *const units[] = {"byte", "percent", "nanos", "micros", "ms", "s", "d"};
    bool known = field->unit == NULL;
    for (size_t i = 0; !known && i < COUNT_OF(units); i++)
        known = strcmp(field->unit, units[i]) == 0;
    if (!known)
        return "has an unknown unit";
    if ((field->flags & ~MH_FIELD_DIMENSION) != 0)
        return "has unknown flags";
    if ((field->flags & MH_FIELD_DIMENSION) != 0 && field->metric != MH_METRIC_NONE)
        return "is a dimension and a metric";
    return NULL;
}

/* "a" and "a.b": one is a value, the other makes it an object. Flattened fields hold objects but
 * are values too. */
static bool
is_below(const char *path, const char *above)
{
    size_t len = strlen(above);
    return strncmp(path, above, len) == 0 && path[len] == '.';
}

static unsigned
conflicts_with(const struct mh_plugin *p, const struct mh_field *field)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < p->n_datasets; i++)
        for (uint32_t j = 0; j < p->datasets[i].n_fields; j++) {
            const struct mh_field *other = &p->datasets[i].fields[j];
            bool below = is_below(other->name, field->name);
            bool retyped = strcmp(other->name, field->name) == 0 && other->type != field->type;
            if (below || retyped)
                note("field %s %s field %s", other->name,
                     below ? "lies below the" : "has another type than the other", field->name);
            n += below || retyped;
        }
    return n;
}

static enum verdict
fields_make_sense(const struct subject *s)
{
    const struct mh_plugin *p = subject_plugin(s);
    unsigned bad = p == NULL;
    for (uint32_t i = 0; p != NULL && i < p->n_datasets; i++)
        for (uint32_t j = 0; j < p->datasets[i].n_fields; j++) {
            const struct mh_field *field = &p->datasets[i].fields[j];
            const char *fault = fault_of_field(field);
            if (fault != NULL)
                note("field %s %s", field->name, fault);
            bad += (fault != NULL) + conflicts_with(p, field);
        }
    return bad == 0 ? VERDICT_PASS : VERDICT_FAIL;
}

const struct test schema_tests[] = {
    {"descriptor", "its descriptor is accepted, with a summary and a licence", true, false,
     descriptor_accepted},
    {"documentation", "each option, dataset and field has its line of documentation", true, false,
     all_is_documented},
    {"options", "flags, choices and defaults of its options make sense", true, false,
     options_make_sense},
    {"fields", "units, flags and names of its fields make sense together", true, false,
     fields_make_sense},
};
const size_t n_schema_tests = COUNT_OF(schema_tests);
