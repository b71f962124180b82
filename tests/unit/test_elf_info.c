/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_elf_info.c - reading plugin files that may be anything: both word sizes and byte orders,
 * each truncation of a file, and thousands of files with some bytes changed.
 */
#include "plugin/elf_info.h"

#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <sys/mman.h>

#include <cmocka.h>

#define N_SECTIONS 5u

/* An image that is written number by number, in the word size and byte order of the test. */
struct image {
    unsigned char bytes[4096];
    size_t len;
    bool wide, big;
};

static void
put(struct image *m, uint64_t n, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        m->bytes[m->len + (m->big ? width - 1 - i : i)] = i < 8 ? (unsigned char)(n >> (8 * i)) : 0;
    m->len += width;
}

static void
put_word(struct image *m, uint64_t n)
{
    put(m, n, m->wide ? 8 : 4);
}

static size_t
put_bytes(struct image *m, const void *bytes, size_t len)
{
    size_t at = m->len;
    memcpy(m->bytes + at, bytes, len);
    m->len += len;
    return at;
}

static void
put_section(struct image *m, uint32_t name, uint32_t type, uint64_t offset, uint64_t size,
            uint32_t link)
{
    put(m, name, 4);
    put(m, type, 4);
    put_word(m, 0);
    put_word(m, 0);
    put_word(m, offset);
    put_word(m, size);
    put(m, link, 4);
    put(m, 0, 4);
    put_word(m, 1);
    put_word(m, 0);
}

static void
put_symbol(struct image *m, uint32_t name, unsigned binding, unsigned visibility, unsigned section)
{
    put(m, name, 4);
    if (!m->wide)
        put(m, 0, 8);
    put(m, binding << 4 | STT_FUNC, 1);
    put(m, visibility, 1);
    put(m, section, 2);
    if (m->wide)
        put(m, 0, 16);
}

static void
put_header(struct image *m, uint64_t sections, unsigned count, unsigned names)
{
    const unsigned char ident[EI_NIDENT] = {0x7f,           'E', 'L', 'F', m->wide ? 2 : 1,
                                            m->big ? 2 : 1, 1};
    m->len = 0;
    put_bytes(m, ident, sizeof ident);
    put(m, ET_DYN, 2);
    put(m, EM_MIPS, 2);
    put(m, 1, 4);
    put_word(m, 0);
    put_word(m, 0);
    put_word(m, sections);
    put(m, 0, 4);
    put(m, m->wide ? 64 : 52, 2);
    put(m, 0, 4);
    put(m, m->wide ? 64 : 40, 2);
    put(m, count, 2);
    put(m, names, 2);
}

static const char section_names[] = "\0.metrichost_plugin\0.dynsym";
static const char lines[] = "abi=1.0 first\0\0\0\0abi=1.0 second\0\033[31m\0unterminated";
static const char symbol_names[] = "\0mh_plugin_entry_v1\0hidden\0imported\0local";

/* extended: the number of sections and the index of their names are in section 0, as in huge files.
 */
static void
make_image(struct image *m, bool wide, bool big, bool extended)
{
    memset(m, 0, sizeof *m);
    m->wide = wide;
    m->big = big;
    m->len = 64;
    size_t names = put_bytes(m, section_names, sizeof section_names);
    size_t info = put_bytes(m, lines, sizeof lines - 1);
    size_t strings = put_bytes(m, symbol_names, sizeof symbol_names);
    size_t symbols = m->len;
    put_symbol(m, 0, 0, 0, 0);
    put_symbol(m, 1, STB_GLOBAL, STV_DEFAULT, 7);
    put_symbol(m, 20, STB_GLOBAL, STV_HIDDEN, 7);
    put_symbol(m, 27, STB_GLOBAL, STV_DEFAULT, SHN_UNDEF);
    put_symbol(m, 36, STB_LOCAL, STV_DEFAULT, 7);
    size_t symbols_end = m->len, sections = m->len;
    put_section(m, 0, SHT_NULL, 0, extended ? N_SECTIONS : 0, extended ? 1 : 0);
    put_section(m, 0, SHT_STRTAB, names, sizeof section_names, 0);
    put_section(m, 1, SHT_PROGBITS, info, sizeof lines - 1, 0);
    put_section(m, 20, SHT_DYNSYM, symbols, symbols_end - symbols, 4);
    put_section(m, 0, SHT_STRTAB, strings, sizeof symbol_names, 0);
    size_t len = m->len;
    put_header(m, sections, extended ? 0 : N_SECTIONS, extended ? SHN_XINDEX : 1);
    m->len = len;
}

static int
read_image(const void *bytes, size_t len, struct elf_info *ret)
{
    const char *problem = NULL;
    CLEANUP_FD int fd = memfd_create("image", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    int rc = elf_info_read(fd, ret, &problem);
    if (rc == 0)
        assert_null(problem);
    else
        assert_non_null(problem);
    return rc;
}

static void
check_image(bool wide, bool big, bool extended)
{
    struct image m;
    struct elf_info info;
    make_image(&m, wide, big, extended);
    assert_int_equal(read_image(m.bytes, m.len, &info), 0);
    assert_int_equal(info.bits, wide ? 64 : 32);
    assert_int_equal(info.big_endian, big);
    assert_int_equal(info.machine, EM_MIPS);
    assert_true(info.has_section);
    assert_int_equal(info.n_lines, 3); /* the one with an escape sequence is left out */
    assert_string_equal(info.lines[0], "abi=1.0 first");
    assert_string_equal(info.lines[1], "abi=1.0 second");
    assert_string_equal(info.lines[2], "unterminated");
    assert_int_equal(info.n_exports, 1);
    assert_true(elf_info_exports(&info, "mh_plugin_entry_v1"));
    assert_false(elf_info_exports(&info, "hidden"));
    assert_non_null(elf_info_foreign(&info));
    elf_info_free(&info);
}

static void
all_classes_and_orders_are_read(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++)
        check_image(i & 1, i & 2, i & 4);
}

static void
this_machine_is_not_foreign(void **state)
{
    (void)state;
    struct elf_info info;
    const char *problem;
    CLEANUP_FILE FILE *self = fopen("/proc/self/exe", "re");
    assert_non_null(self);
    int rc = elf_info_read(fileno(self), &info, &problem);
    if (rc < 0)
        skip(); /* not linked as a position-independent executable */
    assert_null(elf_info_foreign(&info));
    info.machine = EM_MIPS;
    assert_non_null(elf_info_foreign(&info));
    elf_info_free(&info);
}

static void
each_truncation_is_an_error(void **state)
{
    (void)state;
    struct image m;
    struct elf_info info;
    for (unsigned i = 0; i < 4; i++) {
        make_image(&m, i & 1, i & 2, false);
        for (size_t len = 0; len < m.len; len++) {
            assert_int_equal(read_image(m.bytes, len, &info), -ENOEXEC);
            assert_int_equal(info.n_lines, 0);
            assert_null(info.lines);
        }
    }
}

static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Nothing to compare with: what counts is that the sanitizers and the limits have nothing to say.
 */
static void
changed_bytes_do_no_harm(void **state)
{
    (void)state;
    static const unsigned char extremes[] = {0, 1, 0x7f, 0x80, 0xff};
    uint64_t seed = 20240229;
    for (unsigned round = 0; round < 20000; round++) {
        struct image m;
        struct elf_info info;
        make_image(&m, round & 1, round & 2, round & 4);
        for (unsigned changes = 1 + round % 5; changes > 0; changes--) {
            uint64_t r = next_random(&seed);
            m.bytes[r % m.len] =
                r & (1u << 20) ? (unsigned char)(r >> 32) : extremes[(r >> 32) % 5];
        }
        if (read_image(m.bytes, m.len, &info) == 0)
            elf_info_free(&info);
    }
}

/* Thousands of symbols that all name one huge text would be thousands of copies of it. */
static void
names_are_cut_at_a_limit(void **state)
{
    (void)state;
    enum { N = 20000, NAME_LEN = 1 << 20 };
    struct image m = {.wide = true};
    struct elf_info info;
    char *bytes = calloc(1, NAME_LEN + N * 24 + 4096);
    assert_non_null(bytes);
    memset(bytes + 65, 'x', NAME_LEN);
    size_t symbols = 66 + NAME_LEN, sections = symbols + N * 24;
    for (size_t i = 0; i < N; i++) {
        unsigned char symbol[24] = {1, 0, 0, 0, STB_GLOBAL << 4, 0, 7};
        memcpy(bytes + symbols + i * 24, symbol, sizeof symbol);
    }
    put_section(&m, 0, SHT_NULL, 0, 0, 0);
    put_section(&m, 0, SHT_STRTAB, 64, NAME_LEN + 2, 0);
    put_section(&m, 0, SHT_DYNSYM, symbols, N * 24, 1);
    memcpy(bytes + sections, m.bytes, m.len);
    size_t len = sections + m.len;
    put_header(&m, sections, 3, 1);
    memcpy(bytes, m.bytes, 64);
    assert_int_equal(read_image(bytes, len, &info), 0);
    assert_true(info.n_exports > 1000 && info.n_exports < N);
    assert_true(strlen(info.exports[0]) < 5000);
    elf_info_free(&info);
    free(bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_classes_and_orders_are_read),
        cmocka_unit_test(this_machine_is_not_foreign),
        cmocka_unit_test(each_truncation_is_an_error),
        cmocka_unit_test(changed_bytes_do_no_harm),
        cmocka_unit_test(names_are_cut_at_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
