/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf_info.c - see elf_info.h. Numbers are taken byte by byte in the file's own order, so nothing
 * depends on the layout of <elf.h>'s structs or on alignment; only its constants are used.
 */
#include "plugin/elf_info.h"

#include <elf.h>
#include <errno.h>
#include <sys/stat.h>

#define SECTION_NAME ".metrichost_plugin"
#define MAX_SECTIONS 16384u
#define MAX_TABLE (8u << 20) /* bytes of a string or symbol table */
#define MAX_INFO (64u << 10) /* bytes of our own section          */
#define MAX_NAMES 16384u     /* kept of a table; the rest tells nothing more */
#define MAX_NAME_LEN 1024u   /* likewise: many names may point at one huge text */

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define HOST_BIG_ENDIAN true
#else
#define HOST_BIG_ENDIAN false
#endif

#if defined(__x86_64__)
#define HOST_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define HOST_MACHINE EM_AARCH64
#elif defined(__i386__)
#define HOST_MACHINE EM_386
#elif defined(__arm__)
#define HOST_MACHINE EM_ARM
#else
#define HOST_MACHINE EM_NONE /* unknown here: dlopen judges */
#endif

/* Where a member lies, for 32-bit and 64-bit files. */
struct place {
    uint8_t at[2];
    uint8_t width[2];
};

static const struct place header_machine = {{18, 18}, {2, 2}};
static const struct place header_type = {{16, 16}, {2, 2}};
static const struct place header_sections = {{32, 40}, {4, 8}};
static const struct place header_entry_size = {{46, 58}, {2, 2}};
static const struct place header_count = {{48, 60}, {2, 2}};
static const struct place header_names = {{50, 62}, {2, 2}};
static const struct place section_name = {{0, 0}, {4, 4}};
static const struct place section_type = {{4, 4}, {4, 4}};
static const struct place section_offset = {{16, 24}, {4, 8}};
static const struct place section_size = {{20, 32}, {4, 8}};
static const struct place section_link = {{24, 40}, {4, 4}};
static const struct place symbol_name = {{0, 0}, {4, 4}};
static const struct place symbol_info = {{12, 4}, {1, 1}};
static const struct place symbol_other = {{13, 5}, {1, 1}};
static const struct place symbol_section = {{14, 6}, {2, 2}};

static const uint32_t header_bytes[2] = {52, 64};
static const uint32_t section_bytes[2] = {40, 64};
static const uint32_t symbol_bytes[2] = {16, 24};

struct file {
    int fd;
    uint64_t size;
    unsigned wide; /* 1: 64-bit */
    bool big_endian;
    uint64_t sections; /* offset of the section table */
    uint64_t n_sections;
    uint64_t entry_size;
    struct buf names; /* section names, closed by a NUL */
};

struct section {
    uint64_t name, type, offset, size, link;
};

static bool
fetch(const struct file *f, uint64_t offset, void *to, size_t len)
{
    if (offset > f->size || len > f->size - offset)
        return false;
    for (size_t done = 0; done < len;) {
        ssize_t n = pread(f->fd, (char *)to + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static uint64_t
number(const struct file *f, const unsigned char *from, struct place place)
{
    const unsigned char *p = from + place.at[f->wide];
    unsigned width = place.width[f->wide];
    uint64_t n = 0;
    for (unsigned i = 0; i < width; i++)
        n = n << 8 | p[f->big_endian ? i : width - 1 - i];
    return n;
}

static bool
read_section(const struct file *f, uint64_t index, struct section *ret)
{
    unsigned char raw[64];
    if (index >= f->n_sections ||
        !fetch(f, f->sections + index * f->entry_size, raw, section_bytes[f->wide]))
        return false;
    ret->name = number(f, raw, section_name);
    ret->type = number(f, raw, section_type);
    ret->offset = number(f, raw, section_offset);
    ret->size = number(f, raw, section_size);
    ret->link = number(f, raw, section_link);
    return true;
}

/* The bytes of a section, closed by a NUL that the file may lack. */
static bool
read_bytes(const struct file *f, const struct section *s, size_t max, struct buf *ret)
{
    buf_reset(ret);
    if (s->type == SHT_NOBITS || s->size > max || s->offset > f->size ||
        s->size > f->size - s->offset || !buf_reserve(ret, s->size + 1))
        return false;
    if (!fetch(f, s->offset, ret->data, s->size))
        return false;
    ret->data[s->size] = '\0';
    ret->len = s->size;
    return true;
}

static const char *
text_at(const struct buf *table, uint64_t offset)
{
    return offset < table->len ? table->data + offset : "";
}

static bool
is_printable(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return true;
}

/* Names that are empty or could play tricks with a terminal are left out. False: no memory. */
static bool
add_name(char ***names, size_t *n, const char *name)
{
    size_t len = strnlen(name, MAX_NAME_LEN);
    if (len == 0 || *n >= MAX_NAMES || !is_printable(name, len))
        return true;
    char **more = realloc(*names, (*n + 1) * sizeof **names);
    if (more == NULL)
        return false;
    *names = more;
    more[*n] = strndup(name, len);
    return more[*n] != NULL && ++*n > 0;
}

static void
free_names(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

/* The compiler may align each text, so any number of NULs lies between two. */
static bool
read_lines(const struct file *f, const struct section *s, struct elf_info *ret)
{
    CLEANUP(buf_free) struct buf bytes = {0};
    if (!read_bytes(f, s, MAX_INFO, &bytes))
        return false;
    ret->has_section = true;
    for (size_t at = 0; at < bytes.len; at += strlen(bytes.data + at) + 1) {
        if (!add_name(&ret->lines, &ret->n_lines, bytes.data + at))
            return false;
    }
    return true;
}

static bool
is_export(const struct file *f, const unsigned char *symbol)
{
    uint64_t binding = number(f, symbol, symbol_info) >> 4;
    uint64_t visibility = number(f, symbol, symbol_other) & 3;
    return number(f, symbol, symbol_section) != SHN_UNDEF && binding != STB_LOCAL &&
           (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

static bool
read_exports(const struct file *f, const struct section *s, struct elf_info *ret)
{
    CLEANUP(buf_free) struct buf symbols = {0};
    CLEANUP(buf_free) struct buf names = {0};
    struct section strings;
    if (!read_section(f, s->link, &strings) || !read_bytes(f, &strings, MAX_TABLE, &names) ||
        !read_bytes(f, s, MAX_TABLE, &symbols))
        return false;
    uint32_t step = symbol_bytes[f->wide];
    for (size_t at = 0; symbols.len - at >= step; at += step) {
        const unsigned char *symbol = (const unsigned char *)symbols.data + at;
        const char *name = text_at(&names, number(f, symbol, symbol_name));
        if (is_export(f, symbol) && !add_name(&ret->exports, &ret->n_exports, name))
            return false;
    }
    return true;
}

static const char *
read_header(struct file *f, struct elf_info *ret)
{
    unsigned char raw[64] = {0};
    struct section first;
    if (!fetch(f, 0, raw, EI_NIDENT) || memcmp(raw, ELFMAG, SELFMAG) != 0)
        return "is not an ELF file";
    if ((raw[EI_CLASS] != ELFCLASS32 && raw[EI_CLASS] != ELFCLASS64) ||
        (raw[EI_DATA] != ELFDATA2LSB && raw[EI_DATA] != ELFDATA2MSB))
        return "has an unknown ELF class or byte order";
    f->wide = raw[EI_CLASS] == ELFCLASS64;
    f->big_endian = raw[EI_DATA] == ELFDATA2MSB;
    if (!fetch(f, 0, raw, header_bytes[f->wide]))
        return "is a truncated ELF file";
    if (number(f, raw, header_type) != ET_DYN)
        return "is not a shared object";
    ret->bits = f->wide ? 64 : 32;
    ret->big_endian = f->big_endian;
    ret->machine = (uint32_t)number(f, raw, header_machine);
    f->sections = number(f, raw, header_sections);
    f->entry_size = number(f, raw, header_entry_size);
    f->n_sections = number(f, raw, header_count);
    if (f->sections == 0 || f->sections > f->size || f->entry_size < section_bytes[f->wide])
        return "has no section table (is it truncated?)";
    if (f->n_sections == 0) { /* more than fit in the header: section 0 has the count */
        f->n_sections = 1;
        f->n_sections = read_section(f, 0, &first) ? first.size : 0;
    }
    if (f->n_sections == 0 || f->n_sections > MAX_SECTIONS)
        return "has an impossible number of sections";
    uint64_t names = number(f, raw, header_names);
    if (names == SHN_XINDEX)
        names = read_section(f, 0, &first) ? first.link : 0;
    if (!read_section(f, names, &first) || !read_bytes(f, &first, MAX_TABLE, &f->names))
        return "is a truncated ELF file";
    return NULL;
}

static const char *
read_sections(const struct file *f, struct elf_info *ret)
{
    bool have_symbols = false;
    for (uint64_t i = 0; i < f->n_sections; i++) {
        struct section s;
        if (!read_section(f, i, &s))
            return "is a truncated ELF file";
        if (s.type == SHT_DYNSYM && !have_symbols) {
            have_symbols = true;
            if (!read_exports(f, &s, ret))
                return "has a damaged table of symbols";
        } else if (!ret->has_section && strcmp(text_at(&f->names, s.name), SECTION_NAME) == 0) {
            if (!read_lines(f, &s, ret))
                return "has a damaged section " SECTION_NAME;
        }
    }
    return NULL;
}

int
elf_info_read(int fd, struct elf_info *ret, const char **ret_problem)
{
    struct file f = {.fd = fd};
    struct stat st;
    memset(ret, 0, sizeof *ret);
    *ret_problem = "cannot be read";
    if (fstat(fd, &st) < 0)
        return -errno;
    f.size = st.st_size > 0 ? (uint64_t)st.st_size : 0;
    *ret_problem = f.size == 0 ? "is empty" : read_header(&f, ret);
    if (*ret_problem == NULL)
        *ret_problem = read_sections(&f, ret);
    buf_free(&f.names);
    if (*ret_problem == NULL)
        return 0;
    elf_info_free(ret);
    return -ENOEXEC;
}

void
elf_info_free(struct elf_info *info)
{
    free_names(info->lines, info->n_lines);
    free_names(info->exports, info->n_exports);
    memset(info, 0, sizeof *info);
}

const char *
elf_info_foreign(const struct elf_info *info)
{
    bool same_bits = info->bits == 8 * sizeof(void *);
    if (same_bits && info->big_endian == HOST_BIG_ENDIAN)
        return HOST_MACHINE == EM_NONE || info->machine == HOST_MACHINE ? NULL
               : info->machine == EM_X86_64                             ? "x86_64"
               : info->machine == EM_AARCH64                            ? "aarch64"
                                                                        : "another processor";
    if (info->big_endian)
        return info->bits == 64 ? "a 64-bit big-endian machine" : "a 32-bit big-endian machine";
    return info->bits == 64 ? "a 64-bit little-endian machine" : "a 32-bit little-endian machine";
}

bool
elf_info_exports(const struct elf_info *info, const char *symbol)
{
    for (size_t i = 0; i < info->n_exports; i++)
        if (strcmp(info->exports[i], symbol) == 0)
            return true;
    return false;
}
