// SPDX-License-Identifier: GPL-2.0
/*
 * exec-demand: execve() loads nothing; the first instruction is the first fault
 *
 * Three programs are started:
 *	tiny		an ELF file of one page that this program writes: it ends at once
 *	static		this program itself, which is static, and ends at once as well
 *	dynamic		/bin/true, if it is there and needs a dynamic loader
 *
 * execve() maps the file (elf_load()) and sets up one piece of memory for real: the
 * arguments, on the top of the new stack, through get_user_pages().  Then it jumps
 * to the entry point, where nothing is: the first fault of the new program fetches
 * its first instruction.  For a dynamic program that is in the loader.
 *
 * Where the stack starts is random, so a table for the program may reach into pages
 * below the arguments, and the kernel takes a fault for each.  The program fixed is
 * tiny without randomness: there it is always the same.
 *
 * Each program is started once before it counts, so that it is in the page cache.
 */
#include "workload.h"

#include <elf.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/syscall.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10
#endif

#define TINY_BASE 0x10000000UL

static const char tiny_code[] = {
#if defined(__x86_64__)
	"\xb8\x3c\x00\x00\x00" /* mov $60, %eax: exit */
	"\x31\xff"             /* xor %edi, %edi */
	"\x0f\x05"             /* syscall */
#elif defined(__aarch64__)
	"\x00\x00\x80\xd2" /* mov x0, #0 */
	"\xa8\x0b\x80\xd2" /* mov x8, #93: exit */
	"\x01\x00\x00\xd4" /* svc #0 */
#elif defined(__riscv)
	"\x13\x05\x00\x00" /* li a0, 0 */
	"\x93\x08\xd0\x05" /* li a7, 93: exit */
	"\x73\x00\x00\x00" /* ecall */
#endif
};

/* A descriptor of it, or -1. */
static int make_tiny(void)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segment;
		char code[sizeof(tiny_code)];
	} image = {};
	char path[32];
	int file, program;

	/* Like this program, but for where it starts and what it consists of. */
	program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (program < 0 || pread(program, &image.header, sizeof(image.header), 0) < 0)
		fail("read /proc/self/exe");
	close_end(program);
	image.header.e_type = ET_EXEC; /* whatever this program is */
	image.header.e_entry = TINY_BASE + ((char *)image.code - (char *)&image);
	image.header.e_phoff = sizeof(image.header);
	image.header.e_phnum = 1;
	image.header.e_shoff = image.header.e_shnum = image.header.e_shstrndx = 0;
	image.segment.p_type = PT_LOAD;
	image.segment.p_flags = PF_R | PF_X;
	image.segment.p_vaddr = image.segment.p_paddr = TINY_BASE;
	image.segment.p_filesz = image.segment.p_memsz = sizeof(image);
	image.segment.p_align = workload.page_size;
	memcpy(image.code, tiny_code, sizeof(tiny_code));

	file = memfd_create("tiny", MFD_CLOEXEC | MFD_EXEC);
	if (file < 0 && errno == EINVAL) /* before 6.3: they all may be executed */
		file = memfd_create("tiny", MFD_CLOEXEC);
	if (file < 0)
		return -1; /* not allowed here: the claims are skipped */
	if (write(file, &image, sizeof(image)) != sizeof(image))
		fail("write a program");
	/* What is open for writing cannot be executed. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	program = open(path, O_RDONLY | O_CLOEXEC);
	if (program < 0)
		fail("open %s", path);
	close_end(file);
	fl_value("tiny", (long)image.header.e_entry);
	return program;
}

/* Start FILE (a descriptor, or -1: PATH) as ROLE; it gets no environment. */
static void start(const char *role, int file, const char *path, int fixed)
{
	static char name[] = "program", again[] = "again";
	char *argv[] = { name, again, NULL }, *envp[] = { NULL };
	pid_t child;

	if (fork_child(&child, role)) {
		if (fixed && personality(ADDR_NO_RANDOMIZE) < 0)
			fail("personality");
		if (file >= 0)
			syscall(SYS_execveat, file, "", argv, envp, AT_EMPTY_PATH);
		else
			execve(path, argv, envp);
		fail("start %s", role);
	}
	wait_for(child);
}

static const void *read_elf(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	const unsigned char *data;

	if (file < 0)
		return NULL;
	data = mmap(NULL, workload.page_size, PROT_READ, MAP_PRIVATE, file, 0);
	close_end(file);
	if (data == MAP_FAILED || memcmp(data, ELFMAG, SELFMAG) || data[EI_CLASS] != ELFCLASS64)
		return NULL;
	return data;
}

/* The program's loader; NULL: it has none, or is no such program. */
static const char *loader_of(const char *path)
{
	const Elf64_Ehdr *elf = read_elf(path);
	const Elf64_Phdr *segment = elf ? (const void *)((const char *)elf + elf->e_phoff) : NULL;

	for (int i = 0; elf && i < elf->e_phnum; i++) {
		if (segment[i].p_type == PT_INTERP &&
		    segment[i].p_offset + segment[i].p_filesz <= (size_t)workload.page_size)
			return (const char *)elf + segment[i].p_offset;
	}
	return NULL;
}

/* How far into the file the entry point is; addresses are random, this is not. */
static long entry_offset(const char *path)
{
	const Elf64_Ehdr *elf = read_elf(path);
	const Elf64_Phdr *segment = elf ? (const void *)((const char *)elf + elf->e_phoff) : NULL;

	for (int i = 0; elf && i < elf->e_phnum; i++) {
		if (segment[i].p_type == PT_LOAD &&
		    elf->e_entry - segment[i].p_vaddr < segment[i].p_filesz)
			return (long)(elf->e_entry - segment[i].p_vaddr + segment[i].p_offset);
	}
	errno = 0;
	fail("%s has no entry point", path);
}

int main(int argc, char **argv)
{
	static const char true_path[] = "/bin/true";
	const char *loader;
	int tiny;

	if (argc == 2 && !strcmp(argv[1], "again"))
		return 0;
	workload_start(argv);
	stay_on_this_cpu();
	fl_role("parent");
	tiny = make_tiny();
	if (tiny >= 0) {
		start("warm", tiny, NULL, 0);
		start("tiny", tiny, NULL, 0);
		start("fixed", tiny, NULL, 1);
	}

	fl_value("static", (long)getauxval(AT_ENTRY));
	start("warm", -1, "/proc/self/exe", 0);
	start("static", -1, "/proc/self/exe", 0);

	loader = loader_of(true_path);
	if (loader) {
		fl_value("loader", entry_offset(loader));
		start("warm", -1, true_path, 0);
		start("dynamic", -1, true_path, 0);
	}
	return 0;
}
