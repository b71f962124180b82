/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf_info.h - what a plugin file says about itself, read without running any of its code: the
 * lines of its section .metrichost_plugin and the names of the symbols that it exports.
 *
 * The file may be anything: a text, a truncated download, an attack. Every offset and size is
 * checked against the file, every count has a limit, and the file is read with pread(2), never
 * mapped, so that one that shrinks meanwhile is an error and no signal. Files of other word sizes
 * and byte orders are read too, so that the message can say what they are.
 */
#ifndef MH_ELF_INFO_H
#define MH_ELF_INFO_H

#include "util/util.h"

struct elf_info {
    uint32_t bits; /* 32 or 64                                                                 */
    bool big_endian;
    uint32_t machine; /* EM_X86_64 ...                                                            */
    bool has_section; /* there is a section .metrichost_plugin                                    */
    size_t n_lines;
    char **lines; /* its texts, printable ASCII, terminated                                   */
    size_t n_exports;
    char **exports; /* global symbols with default visibility that the file defines             */
};

/* Reads the file behind fd, whose position does not matter. Returns 0, -ENOEXEC when it is no
 * usable shared object, or another -errno; then *ret_problem is a constant phrase for the operator
 * ("is not an ELF file") and *ret is empty. */
int elf_info_read(int fd, struct elf_info *ret, const char **ret_problem);
void elf_info_free(struct elf_info *info);

/* NULL when this process can load such a file; else the words for what it is made for ("a 32-bit
 * little-endian machine"). */
const char *elf_info_foreign(const struct elf_info *info);

bool elf_info_exports(const struct elf_info *info, const char *symbol);

#endif
