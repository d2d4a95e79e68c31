/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who somebody is: the user who called sudo owns the recording and is whom the
 * traced command runs as, unless told otherwise.
 */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct identity {
	uid_t uid;
	gid_t gid;
	char *name, *home, *shell;
	gid_t *groups;
	size_t nr_groups;
};

/* What is known about the caller; the strings as in the environment, or NULL. */
struct identity_caller {
	uid_t uid; /* effective */
	const char *sudo_uid, *sudo_gid, *sudo_user;
};

/* This process and its environment. */
struct identity_caller identity_caller(void);

/*
 * The user behind CALLER.  *ID is NULL where there is no sudo, or root called
 * it: results belong to us as we are.  -EINVAL with a sentence in WHY: SUDO_UID,
 * SUDO_GID and SUDO_USER do not name one user of the password database.
 */
int identity_invoker(struct identity **id, const struct identity_caller *caller, char *why,
		     size_t why_size);

/* User NAME (or number) of the password database.  -ENOENT: there is none. */
int identity_named(struct identity **id, const char *name, char *why, size_t why_size);

/*
 * Whom the command runs as: USER (-u) where given, root with AS_ROOT, else the
 * invoker.  *ID is NULL for "as we are".  -EPERM: only root can become another.
 */
int identity_choose(struct identity **id, const struct identity_caller *caller, const char *user,
		    bool as_root, char *why, size_t why_size);

void identity_free(struct identity *id);

/*
 * ENVIRON as ID would have it, to be freed with env_free() (env.h): HOME, USER,
 * LOGNAME, SHELL and MAIL are ID's and what sudo says about itself is gone.
 * PATH stays as it is: sudo does not tell the one that the user had.
 */
char **identity_environ(const struct identity *id, char *const *environment);

/*
 * Become ID for good: groups, all group and user ids, no capability, and nothing
 * left to come back with; which is checked.  0, or -errno with the name of the
 * failed step in STEP.
 */
int identity_become(const struct identity *id, const char **step);

/*
 * For the time of opening the output: files are opened and made with the rights
 * of ID.  NULL changes nothing.  0 or -errno; after an error nothing is changed.
 */
int identity_assume(const struct identity *id);
int identity_resume(const struct identity *id);

/*
 * Tracing is attached: stay with the rights of ID (NULL: the same user) and
 * without any capability but CAP_BPF, which older kernels ask for to read a map
 * (__sys_bpf), and CAP_PERFMON, without which no window of completions.h can be
 * opened (perf_allow_cpu), and only where we had them.  Root that stays root
 * keeps CAP_DAC_OVERRIDE as well.  With FRAMES, what identity_frames() switches
 * on is kept in reserve.  0 or -errno.
 */
int identity_drop(const struct identity *id, bool frames);

/*
 * The capabilities that show page frames, kept in reserve by identity_drop(): to
 * have effect while /proc/PID/pagemap is opened, and at no other time.
 * IDENTITY_FRAMES_NEVER gives them up.  0 or -errno.
 */
enum identity_frames { IDENTITY_FRAMES_OFF, IDENTITY_FRAMES_ON, IDENTITY_FRAMES_NEVER };
int identity_frames(enum identity_frames what);

/*
 * True if nobody but root can change the file PATH or put another in its place:
 * it and all folders above it belong to root, and only root can write them (or
 * rename what is in them, where they have the sticky bit).
 * PATH must be free of links and dots, as realpath() gives it.  Else FOUND is the
 * component that others can change, cut to its size.
 */
bool identity_only_root_writes(const char *path, char *found, size_t found_size);

#endif
