/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker_tables.c - prints the option and field tables of metrichost-docker(7) from the plugin's
 * schema: "docker_tables options", "docker_tables fields".
 */
#include "fields.h"
#include "settings.h"

#include <stdio.h>
#include <string.h>

/* Text for roff: a minus stays a minus, and nothing is taken for a request. */
static void
print_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\\')
            fputs("\\e", stdout);
        else
            putchar(*text);
    }
}

/* A sentence a line. */
static void
print_sentences(const char *text)
{
    const char *end;
    while ((end = strstr(text, ". ")) != NULL) {
        printf("%.*s.\n", (int)(end - text), text);
        text = end + 2;
    }
    puts(text);
}

static void
print_options(void)
{
    for (size_t n = 0; n < DOCKER_N_KEYS; n++) {
        const struct mh_key *key = &docker_keys[n];
        fputs(".TP\n.BR ", stdout);
        print_text(key->name);
        if (key->default_value != NULL)
            printf(" \" (%s)\"", key->default_value);
        putchar('\n');
        if (key->choices != NULL)
            printf("One of %s.\n", key->choices);
        print_sentences(key->doc);
    }
}

static const char *
type_of(const struct mh_field *field)
{
    static const char *const names[] = {"",        "long", "double", "keyword",  "text",
                                        "boolean", "date", "ip",     "flattened"};
    return names[field->type];
}

static void
print_field(const struct mh_field *field)
{
    fputs(".TP\n.B ", stdout);
    print_text(field->name);
    printf("\n%s%s%s%s%s.\n", type_of(field), field->unit == NULL ? "" : ", ",
           field->unit == NULL ? "" : field->unit,
           field->metric == MH_METRIC_COUNTER ? ", counter" : "",
           (field->flags & MH_FIELD_DIMENSION) != 0 ? ", dimension" : "");
    print_sentences(field->doc);
}

static void
print_fields(void)
{
    for (size_t n = 0; n < DATASETS; n++) {
        const struct mh_dataset *dataset = &docker_datasets[n];
        size_t first =
            strcmp(dataset->fields[0].name, "container.id") == 0 && n > 0 ? IDENTITY_FIELDS : 0;
        printf(".SS %s%s\n", dataset->metricset,
               (dataset->flags & MH_DATASET_DEFAULT) != 0 ? "" : " (not by default)");
        print_sentences(dataset->doc);
        if (first > 0)
            puts("Begins with the fields of the container's identity, as under container.");
        for (size_t i = first; i < dataset->n_fields; i++)
            print_field(&dataset->fields[i]);
    }
}

int
main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    if (strcmp(argv[1], "options") == 0)
        print_options();
    else
        print_fields();
    return 0;
}
