// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/refusal.h"

#define MOST_ERRNO 530

static const struct refusal_place root = { .compiler = "clang 97.1.2", .release = "Linux 41.7" };

static const char *said(const char *log)
{
	static struct refusal refusal;

	refusal_read_log(&refusal, log);
	return refusal.said;
}

static void test_log(void **state)
{
	(void)state;
	assert_string_equal(said(""), "");
	assert_string_equal(said("\n\n"), "");
	/* of Linux 6.18, and of 6.1, which does not tell the file */
	assert_string_equal(said("0: R1=ctx() R10=fp0\n"
				 "; key.words[0] = regs->si; @ syscall.bpf.c:95\n"
				 "12: (7b) *(u64 *)(r10 -156) = r1\n"
				 "misaligned stack access off 0+0+-156 size 8\n"
				 "processed 13 insns (limit 1000000) max_states_per_insn 0\n"),
			    "misaligned stack access off 0+0+-156 size 8 "
			    "(at \"key.words[0] = regs->si; @ syscall.bpf.c:95\")");
	assert_string_equal(said("Validating f() func#3...\n"
				 "; return *p;\n"
				 "from 3 to 7: R1_w=scalar() R10=fp0\n"
				 "7: (61) r0 = *(u32 *)(r1 +0)\n"
				 "R1 invalid mem access 'scalar'\n"
				 "verification time 11 usec\nstack depth 8+0\n"
				 "processed 5 insns (limit 1000000)"),
			    "R1 invalid mem access 'scalar' (at \"return *p;\")");
	assert_string_equal(said("unreachable insn 3\n"), "unreachable insn 3");
	/* no reason: better what it did last than nothing */
	assert_string_equal(said("0: (b7) r0 = 0\n1: (95) exit\n"), "1: (95) exit");
}

static void test_long_log(void **state)
{
	char log[4096], *to = log;

	(void)state;
	to += sprintf(to, "; source\n");
	memset(to, 'x', 3001);
	to[3001] = '\0';
	assert_int_equal(strlen(said(log)), sizeof(((struct refusal *)0)->said) - 1);
}

static struct refusal_words explain(const struct refusal *refusal,
				    const struct refusal_place *place)
{
	struct refusal_words words = { "", "" };

	refusal_explain(refusal, place, &words);
	return words;
}

/* Whatever the errno: once the verifier has spoken it is the verifier. */
static void test_verifier(void **state)
{
	struct refusal refusal = { REFUSAL_PROGRAM, 0, "call_enter", "tp_btf/sys_enter", "", "" };
	struct refusal_place nobody = root;

	(void)state;
	nobody.lacking = "CAP_BPF";
	strcpy(refusal.said, "R7 !read_ok");
	for (refusal.err = -1; refusal.err > -MOST_ERRNO; refusal.err--) {
		struct refusal_words words = explain(&refusal, refusal.err % 2 ? &root : &nobody);

		assert_string_equal(words.found,
				    "the verifier of Linux 41.7 refuses program call_enter as "
				    "built by clang 97.1.2: R7 !read_ok");
		assert_non_null(strstr(words.remedy, "CLANG="));
	}
}

static void test_lockdown(void **state)
{
	struct refusal refusal = { REFUSAL_PROGRAM, -EINVAL, "fault_user", "", "", "" };
	struct refusal_place locked = root;

	(void)state;
	locked.locked_down = true;
	strcpy(refusal.said, "unknown func bpf_probe_read_kernel#113");
	assert_non_null(strstr(explain(&refusal, &locked).found, "lockdown=confidentiality"));
	assert_null(strstr(explain(&refusal, &root).found, "lockdown"));
	strcpy(refusal.said, "R7 !read_ok");
	assert_null(strstr(explain(&refusal, &locked).found, "lockdown"));
}

static void test_other_kernel(void **state)
{
	struct refusal refusal = { REFUSAL_PROGRAM, -EINVAL, "fault_user", "tp_btf/x", "", "" };

	(void)state;
	strcpy(refusal.said, "failed to resolve CO-RE relocation <byte_off> [7] struct a.b");
	assert_non_null(strstr(explain(&refusal, &root).found, "Linux 41.7 does not have: failed"));
	refusal.said[0] = '\0';
	refusal.err = -ESRCH;
	assert_string_equal(explain(&refusal, &root).found,
			    "tp_btf/x, on which program fault_user hangs, is not in Linux 41.7");
}

/* Without a word of the verifier; rights are blamed where they are lacking, and nowhere else. */
static void test_rights(void **state)
{
	struct refusal_place nobody = root, filtered = root;

	(void)state;
	nobody.lacking = "CAP_PERFMON";
	strcpy(nobody.rights_remedy, "call the admin");
	filtered.filtered = true;
	for (int step = REFUSAL_MAP; step <= REFUSAL_FOLLOW; step++) {
		for (int err = 1; err < MOST_ERRNO; err++) {
			struct refusal refusal = { step, -err, "x", "", "", "" };
			bool rights = err == EPERM || err == EACCES;
			struct refusal_words words = explain(&refusal, &nobody);

			assert_int_equal(rights || err == E2BIG,
					 !!strstr(words.found, "lacks CAP_PERFMON"));
			assert_int_equal(rights || err == E2BIG,
					 !strcmp(words.remedy, "call the admin"));
			words = explain(&refusal, &root);
			assert_null(strstr(words.found, "lacks"));
			assert_int_equal(rights, !!strstr(words.found, "has the rights"));
			assert_null(strstr(words.found, "filter"));
			assert_true(words.remedy[0]);
			words = explain(&refusal, &filtered);
			assert_int_equal(rights, !!strstr(words.found, "filter"));
		}
	}
}

static void test_sentence(void **state)
{
	static const struct {
		struct refusal refusal;
		const char *sentence;
	} cases[] = {
		{ { REFUSAL_TYPES, -ENOENT, "", "", "", "" },
		  "cannot read the kernel's types: this kernel has no description of them in "
		  "/sys/kernel/btf/vmlinux; boot a kernel that is built with CONFIG_DEBUG_INFO_BTF=y" },
		{ { REFUSAL_TYPES, -EMFILE, "", "", "", "" },
		  "cannot read the kernel's types: Too many open files; allow more, as with "
		  "\"ulimit -n 1024\"" },
		{ { REFUSAL_TYPES, -EIO, "", "", "", "" },
		  "cannot read the kernel's types: /sys/kernel/btf/vmlinux: Input/output error" },
		{ { REFUSAL_MAP, -ENOMEM, "pages", "", "", "" },
		  "cannot load the BPF programs: map pages: Cannot allocate memory; free some memory, "
		  "raise the limit of its control group, or give a smaller --ring-size" },
		{ { REFUSAL_PROGRAM, -524, "task_new", "", "", "" },
		  "cannot load the BPF programs: program task_new: not supported; boot a kernel that "
		  "is built with CONFIG_BPF_JIT=y" },
		{ { REFUSAL_ATTACH, -ENOSYS, "", "", "", "" },
		  "cannot attach the BPF programs: Function not implemented; boot a kernel that is "
		  "built with CONFIG_BPF_SYSCALL=y" },
		{ { REFUSAL_PROGRAM, -EUSERS, "", "", "", "it is late" },
		  "cannot load the BPF programs: Too many users; libbpf says: it is late; report this "
		  "line, with what \"faultline doctor\" says" },
	};
	char line[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		refusal_sentence(line, sizeof(line), &cases[i].refusal, &root);
		assert_string_equal(line, cases[i].sentence);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),          cmocka_unit_test(test_long_log),
		cmocka_unit_test(test_verifier),     cmocka_unit_test(test_lockdown),
		cmocka_unit_test(test_other_kernel), cmocka_unit_test(test_rights),
		cmocka_unit_test(test_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
