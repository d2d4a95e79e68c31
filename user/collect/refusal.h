/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why the kernel refused something that tracing needs: what is known of it, and
 * that in words with what to do.  An errno alone does not tell: the verifier's EACCES and a
 * security module's are one number, so that it matters whether the verifier said anything.
 */
#ifndef REFUSAL_H
#define REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

enum refusal_step {
	REFUSAL_TYPES = 1, /* to read the kernel's types */
	REFUSAL_MAP,       /* to make the maps */
	REFUSAL_PROGRAM,   /* to load the programs */
	REFUSAL_ATTACH,    /* to attach them */
	REFUSAL_RING,      /* to map the ring buffer */
	REFUSAL_FOLLOW,    /* to follow the command */
};

struct refusal {
	enum refusal_step step; /* 0: nothing was refused */
	int err;                /* -errno */
	char name[32];          /* of the map or program; empty: not known */
	char hook[64];          /* the section of the program: what it hangs on */
	char said[256];   /* the verifier, in the end; empty: it was not asked, or is silent */
	char warned[160]; /* libbpf, first; empty: nothing */
};

/* What can be the cause of it. */
struct refusal_place {
	char compiler[64]; /* of the programs: "clang 14.0.6" */
	char release[72];  /* of the kernel: "Linux 6.1.0" */
	const char *lacking;
	char rights_remedy[240];
	bool locked_down;
	bool filtered;
};

struct refusal_words {
	char found[512];
	char remedy[240]; /* empty: nothing is known to help */
};

/* Take from the verifier's LOG what it says in the end: the reason, and the line of source. */
void refusal_read_log(struct refusal *refusal, const char *log);

/* Look at this kernel and this process (rights.h). */
void refusal_look(struct refusal_place *place, const char *compiler);

void refusal_explain(const struct refusal *refusal, const struct refusal_place *place,
		     struct refusal_words *words);

/* "cannot load the BPF programs: FOUND; REMEDY" */
void refusal_sentence(char *buf, size_t size, const struct refusal *refusal,
		      const struct refusal_place *place);

#endif
