/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_error.c - where and why a text is no YAML, in words for people who did not write a parser.
 */
#include "config/yaml_loader.h"

void
loader_error(struct loader *l, yaml_mark_t mark, const char *format, ...)
{
    struct mh_config at = {
        .origin = l->origin, .line = (uint32_t)mark.line + 1, .column = (uint32_t)mark.column + 1};
    va_list args;
    va_start(args, format);
    CLEANUP(buf_free) struct buf text = {0};
    buf_vprintf(&text, format, args);
    va_end(args);
    config_report(l->d, true, &at, NULL, "%s", text.failed ? format : text.data);
}

/* The mark of a byte offset: errors of the reader below libyaml's scanner come without one. */
static yaml_mark_t
mark_of_offset(const struct loader *l, size_t offset)
{
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < offset && i < l->len; i++) {
        bool newline = l->text[i] == '\n';
        mark.line += newline;
        mark.column = newline ? 0 : mark.column + ((l->text[i] & 0xc0) != 0x80);
    }
    return mark;
}

/* True when the line of the mark is indented with a tab, the mistake that libyaml words worst. */
static bool
find_tab_indent(const struct loader *l, yaml_mark_t *mark)
{
    const char *p = l->text, *end = l->text + l->len;
    for (size_t line = 0; line < mark->line && p < end; p++)
        line += *p == '\n';
    const char *start = p;
    while (p < end && *p == ' ')
        p++;
    if (p == end || *p != '\t')
        return false;
    mark->column = (size_t)(p - start);
    return true;
}

static const char *
hint_for(const char *problem)
{
    static const struct {
        const char *part, *hint;
    } hints[] = {
        {"mapping values are not allowed",
         "; check the indentation, and quote a text that holds \": \""},
        {"did not find expected key", "; check the indentation of this line and the lines above"},
        {"did not find expected '-' indicator", "; check the indentation of the list"},
        {"could not find expected ':'", "; a key needs a colon and a space after it"},
        {"cannot start any token", "; quote a text that begins with this character"},
        {"did not find expected alphabetic", "; quote a text that begins with * or &"},
        {"unexpected end of stream", "; a quote is not closed"},
        {"did not find expected ',' or",
         "; a bracket is not closed, or ${...} inside brackets lacks quotes"},
    };
    for (size_t i = 0; i < COUNT_OF(hints); i++)
        if (strstr(problem, hints[i].part) != NULL)
            return hints[i].hint;
    return "";
}

void
loader_syntax_error(struct loader *l)
{
    const yaml_parser_t *p = &l->parser;
    const char *problem = p->problem != NULL ? p->problem : "out of memory";
    yaml_mark_t mark = p->problem_mark;
    /* What is not ended is noticed far below; the mistake is where it begins. */
    if (p->context != NULL && (strstr(problem, "could not find expected ':'") != NULL ||
                               strstr(problem, "unexpected end of stream") != NULL))
        mark = p->context_mark;
    if (p->error == YAML_READER_ERROR) {
        mark = mark_of_offset(l, p->problem_offset);
        loader_error(l, mark, "not a YAML text: %s (byte %zu)", problem, p->problem_offset);
    } else if (find_tab_indent(l, &mark)) {
        loader_error(l, mark, "a tab is used for indentation; YAML allows only spaces there");
    } else if (p->context != NULL && p->context_mark.line != mark.line) {
        loader_error(l, mark, "YAML syntax: %s (%s that begins in line %zu)%s", problem, p->context,
                     p->context_mark.line + 1, hint_for(problem));
    } else {
        loader_error(l, mark, "YAML syntax: %s%s", problem, hint_for(problem));
    }
}
