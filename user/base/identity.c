// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "base/identity.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"

struct identity_caller identity_caller(void)
{
	return (struct identity_caller){
		.uid = geteuid(),
		.sudo_uid = getenv("SUDO_UID"),
		.sudo_gid = getenv("SUDO_GID"),
		.sudo_user = getenv("SUDO_USER"),
	};
}

void identity_free(struct identity *id)
{
	if (!id)
		return;
	free(id->name);
	free(id->home);
	free(id->shell);
	free(id->groups);
	free(id);
}

/* Digits only: strtoul() would take blanks and signs as well. */
static bool parse_id(const char *text, unsigned int *value)
{
	unsigned long n;
	char *end;

	if (!*text || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	n = strtoul(text, &end, 10);
	/* -1 means "no change" to setresuid(). */
	if (errno || n >= UINT_MAX)
		return false;
	*value = n;
	return true;
}

static int list_groups(struct identity *id)
{
	int n = 16;

	for (;;) {
		gid_t *groups = realloc(id->groups, n * sizeof(*groups));

		if (!groups)
			return -ENOMEM;
		id->groups = groups;
		if (getgrouplist(id->name, id->gid, groups, &n) >= 0)
			break;
	}
	id->nr_groups = n;
	return 0;
}

static int from_passwd(struct identity **result, const struct passwd *pw)
{
	struct identity *id = calloc(1, sizeof(*id));

	if (!id)
		return -ENOMEM;
	id->uid = pw->pw_uid;
	id->gid = pw->pw_gid;
	id->name = strdup(pw->pw_name);
	id->home = strdup(pw->pw_dir && *pw->pw_dir ? pw->pw_dir : "/");
	id->shell = strdup(pw->pw_shell && *pw->pw_shell ? pw->pw_shell : "/bin/sh");
	if (!id->name || !id->home || !id->shell || list_groups(id)) {
		identity_free(id);
		return -ENOMEM;
	}
	*result = id;
	return 0;
}

static bool has_group(const struct identity *id, gid_t gid)
{
	for (size_t i = 0; i < id->nr_groups; i++)
		if (id->groups[i] == gid)
			return true;
	return false;
}

int identity_invoker(struct identity **id, const struct identity_caller *caller, char *why,
		     size_t why_size)
{
	static const char remedy[] = "give -u USER or --as-root to say whom to run as";
	const struct passwd *pw;
	uid_t uid;
	gid_t gid;
	int err;

	*id = NULL;
	/* Whoever is not root may have put anything into the environment. */
	if (caller->uid != 0)
		return 0;
	if (!caller->sudo_uid && !caller->sudo_gid && !caller->sudo_user)
		return 0;
	if (!caller->sudo_uid || !caller->sudo_gid || !caller->sudo_user ||
	    !parse_id(caller->sudo_uid, &uid) || !parse_id(caller->sudo_gid, &gid)) {
		snprintf(why, why_size,
			 "cannot tell who called sudo: SUDO_UID, SUDO_GID and SUDO_USER are not "
			 "all set as sudo sets them; %s",
			 remedy);
		return -EINVAL;
	}
	if (uid == 0)
		return 0;
	pw = getpwuid(uid);
	if (!pw || strcmp(pw->pw_name, caller->sudo_user)) {
		snprintf(
			why, why_size,
			"cannot tell who called sudo: SUDO_UID=%u and SUDO_USER=%s are not one user "
			"of the password database; %s",
			uid, caller->sudo_user, remedy);
		return -EINVAL;
	}
	err = from_passwd(id, pw);
	if (err) {
		snprintf(why, why_size, "cannot look up user %s: out of memory", caller->sudo_user);
		return err;
	}
	/* sudo passes the group that newgrp may have chosen. */
	if (!has_group(*id, gid)) {
		snprintf(why, why_size,
			 "cannot tell who called sudo: user %s is not in the group SUDO_GID=%u; %s",
			 caller->sudo_user, gid, remedy);
		identity_free(*id);
		*id = NULL;
		return -EINVAL;
	}
	(*id)->gid = gid;
	return 0;
}

int identity_named(struct identity **id, const char *name, char *why, size_t why_size)
{
	const struct passwd *pw = getpwnam(name);
	unsigned int uid;
	int err;

	*id = NULL;
	if (!pw && parse_id(name, &uid))
		pw = getpwuid(uid);
	if (!pw) {
		snprintf(why, why_size,
			 "there is no user \"%s\": it is not in the password database; "
			 "\"getent passwd\" lists them",
			 name);
		return -ENOENT;
	}
	err = from_passwd(id, pw);
	if (err)
		snprintf(why, why_size, "cannot look up user %s: out of memory", name);
	return err;
}

int identity_choose(struct identity **id, const struct identity_caller *caller, const char *user,
		    bool as_root, char *why, size_t why_size)
{
	*id = NULL;
	if (caller->uid != 0 && (user || as_root)) {
		snprintf(why, why_size,
			 "cannot run as %s: only root can become another user; start faultline "
			 "with sudo",
			 user ? user : "root");
		return -EPERM;
	}
	if (user)
		return identity_named(id, user, why, why_size);
	if (as_root)
		return 0;
	return identity_invoker(id, caller, why, why_size);
}

static bool not_from_sudo(const char *assignment)
{
	return strncmp(assignment, "SUDO_", 5) != 0;
}

char **identity_environ(const struct identity *id, char *const *environment)
{
	char **copy = env_copy(environment, not_from_sudo);

	if (!copy)
		return NULL;
	/* sudo sets MAIL to root's box; the user's own value is not known here. */
	if (env_set(&copy, "HOME", id->home) || env_set(&copy, "USER", id->name) ||
	    env_set(&copy, "LOGNAME", id->name) || env_set(&copy, "SHELL", id->shell) ||
	    env_set(&copy, "MAIL", NULL)) {
		env_free(copy);
		return NULL;
	}
	return copy;
}

/*
 * pagemap_read() in fs/proc/task_mmu.c shows frames to who opened the file with
 * the first; opening it for a process of somebody else takes the other two
 * (proc_mem_open(), and the mode of the file).
 */
static const cap_value_t frame_capabilities[] = { CAP_SYS_ADMIN, CAP_SYS_PTRACE,
						  CAP_DAC_READ_SEARCH };
#define NR_FRAME_CAPABILITIES (sizeof(frame_capabilities) / sizeof(frame_capabilities[0]))

/* Those of N that are permitted now become permitted in NEXT, and effective as well if asked. */
static int carry_over(cap_t now, cap_t next, const cap_value_t *keep, size_t n, bool effective)
{
	for (size_t i = 0; i < n; i++) {
		cap_flag_value_t permitted = CAP_CLEAR;

		if (cap_get_flag(now, keep[i], CAP_PERMITTED, &permitted) || permitted == CAP_CLEAR)
			continue;
		if (cap_set_flag(next, CAP_PERMITTED, 1, &keep[i], CAP_SET) ||
		    (effective && cap_set_flag(next, CAP_EFFECTIVE, 1, &keep[i], CAP_SET)))
			return -errno;
	}
	return 0;
}

/*
 * Permitted and effective become those of KEEP that are permitted now.  With
 * RESERVE, those that show frames stay permitted without effect.
 */
static int keep_capabilities(const cap_value_t *keep, size_t n, bool reserve)
{
	cap_t now = cap_get_proc(), next = cap_init();
	int err = -ENOMEM;

	if (!now || !next)
		goto out;
	err = carry_over(now, next, keep, n, true);
	if (!err && reserve)
		err = carry_over(now, next, frame_capabilities, NR_FRAME_CAPABILITIES, false);
	if (!err && cap_set_proc(next))
		err = -errno;
	/* Ambient capabilities went with the inheritable ones (cap_capset). */
out:
	cap_free(now);
	cap_free(next);
	return err;
}

static int set_ids(const struct identity *id, const char **step)
{
	*step = "setgroups";
	if (setgroups(id->nr_groups, id->groups))
		return -errno;
	*step = "setresgid";
	if (setresgid(id->gid, id->gid, id->gid))
		return -errno;
	*step = "setresuid";
	if (setresuid(id->uid, id->uid, id->uid))
		return -errno;
	return 0;
}

static bool is_only(const struct identity *id)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	if (getresuid(&ruid, &euid, &suid) || getresgid(&rgid, &egid, &sgid))
		return false;
	return ruid == id->uid && euid == id->uid && suid == id->uid && rgid == id->gid &&
	       egid == id->gid && sgid == id->gid && getgroups(0, NULL) == (int)id->nr_groups &&
	       (id->uid == 0 || setuid(0) != 0);
}

int identity_become(const struct identity *id, const char **step)
{
	int err = set_ids(id, step);

	if (err)
		return err;
	if (id->uid != 0) {
		*step = "capset";
		err = keep_capabilities(NULL, 0, false);
		if (err)
			return err;
	}
	*step = "giving up root";
	return is_only(id) ? 0 : -EPERM;
}

/* What identity_assume() has to undo. */
static struct {
	gid_t gid;
	gid_t groups[NGROUPS_MAX];
	int nr_groups;
} before;

int identity_assume(const struct identity *id)
{
	int err;

	if (!id)
		return 0;
	before.gid = getegid();
	before.nr_groups = getgroups(NGROUPS_MAX, before.groups);
	if (before.nr_groups < 0)
		return -errno;
	if (!setgroups(id->nr_groups, id->groups) && !setegid(id->gid) && !seteuid(id->uid))
		return 0;
	err = -errno;
	identity_resume(id);
	return err;
}

int identity_resume(const struct identity *id)
{
	if (!id)
		return 0;
	/* The user first: it brings back the right to set the others. */
	if (seteuid(0) || setegid(before.gid) || setgroups(before.nr_groups, before.groups))
		return -errno;
	return 0;
}

int identity_drop(const struct identity *id, bool frames)
{
	static const cap_value_t keep[] = { CAP_BPF, CAP_PERFMON, CAP_DAC_OVERRIDE };
	/* Root in somebody else's folder needs the last one to make SQLite's journal there. */
	size_t nr_keep = !id && geteuid() == 0 ? 3 : 2;
	const char *step;
	int err;

	if (id) {
		/* Lets the capabilities live through setresuid(), to be cut down below. */
		if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
			return -errno;
		err = set_ids(id, &step);
		prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
		if (err)
			return err;
	}
	err = keep_capabilities(keep, nr_keep, frames);
	if (err)
		return err;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return !id || is_only(id) ? 0 : -EPERM;
}

int identity_frames(enum identity_frames what)
{
	cap_t caps = cap_get_proc();
	int err = caps ? 0 : -ENOMEM;

	for (size_t i = 0; i < NR_FRAME_CAPABILITIES && !err; i++) {
		const cap_value_t *one = &frame_capabilities[i];
		cap_flag_value_t permitted = CAP_CLEAR;

		if (cap_get_flag(caps, *one, CAP_PERMITTED, &permitted) || permitted == CAP_CLEAR)
			continue;
		if (cap_set_flag(caps, CAP_EFFECTIVE, 1, one,
				 what == IDENTITY_FRAMES_ON ? CAP_SET : CAP_CLEAR) ||
		    (what == IDENTITY_FRAMES_NEVER &&
		     cap_set_flag(caps, CAP_PERMITTED, 1, one, CAP_CLEAR)))
			err = -errno;
	}
	if (!err && cap_set_proc(caps))
		err = -errno;
	cap_free(caps);
	return err;
}

bool identity_only_root_writes(const char *path, char *found, size_t found_size)
{
	char part[PATH_MAX];
	size_t length = strlen(path);
	struct stat st;

	if (path[0] != '/' || length >= sizeof(part)) {
		snprintf(found, found_size, "%s", path);
		return false;
	}
	memcpy(part, path, length + 1);
	for (;;) {
		/*
		 * In a folder like /tmp others can make files, but neither rename nor
		 * remove root's.  An access list shows in the group's bits as the most
		 * that it grants.
		 */
		bool sticky;

		if (lstat(part, &st)) {
			snprintf(found, found_size, "%s", part);
			return false;
		}
		sticky = S_ISDIR(st.st_mode) && st.st_mode & S_ISVTX && strcmp(part, path);
		if (st.st_uid != 0 || S_ISLNK(st.st_mode) ||
		    (st.st_mode & (S_IWGRP | S_IWOTH) && !sticky)) {
			snprintf(found, found_size, "%s", part);
			return false;
		}
		if (!part[1])
			return true;
		length = strrchr(part, '/') - part;
		part[length ? length : 1] = '\0';
	}
}
