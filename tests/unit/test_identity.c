// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/env.h"
#include "base/identity.h"

/* A user that is on every system, and is not root. */
static char uid_text[16], gid_text[16];
static const char *user = "nobody";

static int find_user(void **state)
{
	const struct passwd *pw = getpwnam(user);

	(void)state;
	if (!pw)
		return -1;
	snprintf(uid_text, sizeof(uid_text), "%u", pw->pw_uid);
	snprintf(gid_text, sizeof(gid_text), "%u", pw->pw_gid);
	return 0;
}

static struct identity_caller by_sudo(void)
{
	return (struct identity_caller){
		.uid = 0, .sudo_uid = uid_text, .sudo_gid = gid_text, .sudo_user = user
	};
}

static void test_sudo_names_the_invoker(void **state)
{
	const struct passwd *pw = getpwnam(user);
	struct identity_caller caller = by_sudo();
	struct identity *id;
	char why[256];

	(void)state;
	assert_int_equal(identity_invoker(&id, &caller, why, sizeof(why)), 0);
	assert_non_null(id);
	assert_int_equal(id->uid, pw->pw_uid);
	assert_int_equal(id->gid, pw->pw_gid);
	assert_string_equal(id->name, user);
	assert_string_equal(id->home, pw->pw_dir);
	assert_true(id->nr_groups >= 1);
	identity_free(id);
}

static void expect_nobody_else(struct identity_caller caller)
{
	struct identity *id = (void *)1;
	char why[256];

	assert_int_equal(identity_invoker(&id, &caller, why, sizeof(why)), 0);
	assert_null(id);
}

static void test_without_sudo_we_are_who_we_are(void **state)
{
	struct identity_caller caller = by_sudo();

	(void)state;
	expect_nobody_else((struct identity_caller){ .uid = 0 });
	expect_nobody_else((struct identity_caller){ .uid = 1000 });
	/* Root called sudo. */
	expect_nobody_else((struct identity_caller){
		.uid = 0, .sudo_uid = "0", .sudo_gid = "0", .sudo_user = "root" });
	/* Not root: the environment is the caller's own invention. */
	caller.uid = 1000;
	expect_nobody_else(caller);
}

static void expect_refusal(struct identity_caller caller)
{
	struct identity *id = (void *)1;
	char why[256] = "";

	assert_int_equal(identity_invoker(&id, &caller, why, sizeof(why)), -EINVAL);
	assert_null(id);
	assert_non_null(strstr(why, "--as-root"));
}

static void test_contradictions_are_refused(void **state)
{
	static const char *const bad[] = { "",           "-1",         "+5",
					   " 1",         "1 ",         "0x1",
					   "4294967295", "4294967296", "99999999999999999999",
					   "nobody" };
	struct identity_caller caller;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		caller = by_sudo();
		caller.sudo_uid = bad[i];
		expect_refusal(caller);
		caller = by_sudo();
		caller.sudo_gid = bad[i];
		expect_refusal(caller);
	}
	caller = by_sudo();
	caller.sudo_user = "root";
	expect_refusal(caller);
	caller = by_sudo();
	caller.sudo_user = NULL;
	expect_refusal(caller);
	caller = by_sudo();
	caller.sudo_uid = NULL;
	expect_refusal(caller);
	/* A user or a group that is not this user's. */
	caller = by_sudo();
	caller.sudo_uid = "4000000000";
	expect_refusal(caller);
	caller = by_sudo();
	caller.sudo_gid = "4000000000";
	expect_refusal(caller);
}

static void test_choice(void **state)
{
	struct identity_caller caller = by_sudo();
	struct identity *id;
	char why[256];

	(void)state;
	assert_int_equal(identity_choose(&id, &caller, NULL, true, why, sizeof(why)), 0);
	assert_null(id);
	assert_int_equal(identity_choose(&id, &caller, "root", false, why, sizeof(why)), 0);
	assert_int_equal(id->uid, 0);
	identity_free(id);
	assert_int_equal(identity_choose(&id, &caller, NULL, false, why, sizeof(why)), 0);
	assert_string_equal(id->name, user);
	identity_free(id);
	assert_int_equal(identity_choose(&id, &caller, uid_text, false, why, sizeof(why)), 0);
	assert_string_equal(id->name, user);
	identity_free(id);
	assert_int_equal(identity_choose(&id, &caller, "no-such-user", false, why, sizeof(why)),
			 -ENOENT);
	assert_null(id);
	assert_non_null(strstr(why, "no-such-user"));
	caller.uid = 1000;
	assert_int_equal(identity_choose(&id, &caller, "root", false, why, sizeof(why)), -EPERM);
	assert_int_equal(identity_choose(&id, &caller, NULL, true, why, sizeof(why)), -EPERM);
}

static void test_environment(void **state)
{
	char *const root[] = { "HOME=/root",      "SUDO_UID=1",          "SUDO_COMMAND=/bin/x",
			       "PATH=/sbin:/bin", "MAIL=/var/mail/root", "USER=root",
			       "LANG=C",          "SUDOKU=yes",          NULL };
	struct identity id = { .name = "ann", .home = "/home/ann", .shell = "/bin/zsh" };
	static const char *const expected[] = { "HOME=/home/ann", "PATH=/sbin:/bin",
						"USER=ann",       "LANG=C",
						"SUDOKU=yes",     "LOGNAME=ann",
						"SHELL=/bin/zsh", NULL };
	char **env = identity_environ(&id, root);
	size_t n;

	(void)state;
	assert_non_null(env);
	for (n = 0; expected[n]; n++) {
		assert_non_null(env[n]);
		assert_string_equal(env[n], expected[n]);
	}
	assert_null(env[n]);
	assert_string_equal(env_get(env, "USER"), "ann");
	assert_null(env_get(env, "MAIL"));
	assert_null(env_get(env, "SUDO"));
	env_free(env);
}

/* In a child, since there is no way back; its exit status is the line that failed. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			_exit(__LINE__ & 0xff ?: 1);                                               \
	} while (0)

static void expect_clean_exit(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool no_capability(void)
{
	cap_t now = cap_get_proc(), none = cap_init();
	bool same = now && none && cap_compare(now, none) == 0;

	cap_free(now);
	cap_free(none);
	return same;
}

static void test_no_way_back(void **state)
{
	struct identity_caller caller = by_sudo();
	struct identity *id;
	const char *step = "";
	char why[256];
	pid_t pid;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(identity_invoker(&id, &caller, why, sizeof(why)), 0);
	pid = fork();
	if (!pid) {
		gid_t groups[64];
		int n;

		CHECK(identity_become(id, &step) == 0);
		CHECK(no_capability());
		CHECK(setuid(0) < 0 && seteuid(0) < 0 && setgid(0) < 0 && setegid(0) < 0);
		CHECK(setgroups(0, NULL) < 0);
		n = getgroups(64, groups);
		CHECK(n == (int)id->nr_groups);
		for (int i = 0; i < n; i++)
			CHECK(groups[i] != 0);
		_exit(0);
	}
	expect_clean_exit(pid);
	identity_free(id);
}

static void test_assume_and_resume(void **state)
{
	char folder[] = "/tmp/faultline-identity-XXXXXX", path[64];
	struct identity_caller caller = by_sudo();
	struct identity *id;
	struct stat st;
	char why[256];
	FILE *file;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(identity_invoker(&id, &caller, why, sizeof(why)), 0);
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x", folder);
	/* The folder is root's alone. */
	assert_int_equal(identity_assume(id), 0);
	assert_null(fopen(path, "we"));
	assert_int_equal(identity_resume(id), 0);
	assert_int_equal(chmod(folder, 0777), 0);
	assert_int_equal(identity_assume(id), 0);
	file = fopen(path, "we");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(identity_resume(id), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, id->uid);
	assert_int_equal(st.st_gid, id->gid);
	assert_int_equal(geteuid(), 0);
	assert_int_equal(getegid(), 0);
	unlink(path);
	rmdir(folder);
	identity_free(id);
}

static void test_drop_keeps_only_what_maps_and_windows_need(void **state)
{
	struct identity_caller caller = by_sudo();
	struct identity *id;
	char why[256];
	pid_t pid;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(identity_invoker(&id, &caller, why, sizeof(why)), 0);
	pid = fork();
	if (!pid) {
		cap_t now, wanted = cap_init();
		cap_value_t kept[] = { CAP_BPF, CAP_PERFMON };

		CHECK(identity_drop(id, false) == 0);
		cap_set_flag(wanted, CAP_PERMITTED, 2, kept, CAP_SET);
		cap_set_flag(wanted, CAP_EFFECTIVE, 2, kept, CAP_SET);
		now = cap_get_proc();
		CHECK(cap_compare(now, wanted) == 0);
		CHECK(getuid() == id->uid && geteuid() == id->uid && setuid(0) < 0);
		cap_free(now);
		cap_free(wanted);
		_exit(0);
	}
	expect_clean_exit(pid);
	identity_free(id);
}

/* 'p' permitted, 'e' also in effect, '-' neither: the three that show frames, one that does not. */
static bool frame_rights_are(const char *expected)
{
	static const cap_value_t values[] = { CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH,
					      CAP_SYS_RESOURCE };
	cap_t now = cap_get_proc();
	bool as_expected = true;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		cap_flag_value_t permitted = CAP_CLEAR, effective = CAP_CLEAR;

		cap_get_flag(now, values[i], CAP_PERMITTED, &permitted);
		cap_get_flag(now, values[i], CAP_EFFECTIVE, &effective);
		if ((effective ? 'e' : permitted ? 'p' : '-') != expected[i])
			as_expected = false;
	}
	cap_free(now);
	return as_expected;
}

static void test_frames_have_rights_in_reserve(void **state)
{
	struct identity_caller caller = by_sudo();
	struct identity *id;
	char why[256];
	pid_t pid;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(identity_invoker(&id, &caller, why, sizeof(why)), 0);
	pid = fork();
	if (!pid) {
		CHECK(identity_drop(id, true) == 0);
		CHECK(frame_rights_are("ppp-"));
		CHECK(getuid() == id->uid && geteuid() == id->uid && setuid(0) < 0);
		CHECK(identity_frames(IDENTITY_FRAMES_ON) == 0);
		CHECK(frame_rights_are("eee-"));
		CHECK(identity_frames(IDENTITY_FRAMES_OFF) == 0);
		CHECK(frame_rights_are("ppp-"));
		CHECK(identity_frames(IDENTITY_FRAMES_NEVER) == 0);
		CHECK(frame_rights_are("----"));
		CHECK(identity_frames(IDENTITY_FRAMES_ON) == 0);
		CHECK(frame_rights_are("----"));
		_exit(0);
	}
	expect_clean_exit(pid);
	identity_free(id);
}

static void test_only_root_writes(void **state)
{
	char folder[] = "/tmp/faultline-identity-XXXXXX", found[128];

	(void)state;
	assert_true(identity_only_root_writes("/", found, sizeof(found)));
	assert_true(identity_only_root_writes("/etc/passwd", found, sizeof(found)));
	/* Everybody can write to /tmp, but root's folder in it stays root's. */
	assert_non_null(mkdtemp(folder));
	assert_int_equal(identity_only_root_writes(folder, found, sizeof(found)), !geteuid());
	assert_int_equal(chmod(folder, 01777), 0);
	assert_false(identity_only_root_writes(folder, found, sizeof(found)));
	assert_string_equal(found, folder);
	assert_int_equal(chmod(folder, 0775), 0);
	assert_false(identity_only_root_writes(folder, found, sizeof(found)));
	rmdir(folder);
	assert_false(identity_only_root_writes("/tmp", found, sizeof(found)));
	assert_string_equal(found, "/tmp");
	assert_false(identity_only_root_writes("/proc/self/exe", found, sizeof(found)));
	assert_string_equal(found, "/proc/self/exe");
	assert_false(identity_only_root_writes("relative", found, sizeof(found)));
	assert_false(identity_only_root_writes("/nowhere/at/all", found, sizeof(found)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sudo_names_the_invoker),
		cmocka_unit_test(test_without_sudo_we_are_who_we_are),
		cmocka_unit_test(test_contradictions_are_refused),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_no_way_back),
		cmocka_unit_test(test_assume_and_resume),
		cmocka_unit_test(test_drop_keeps_only_what_maps_and_windows_need),
		cmocka_unit_test(test_frames_have_rights_in_reserve),
		cmocka_unit_test(test_only_root_writes),
	};

	return cmocka_run_group_tests(tests, find_user, NULL);
}
