// SPDX-License-Identifier: GPL-2.0
#include "collect/refusal.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "collect/rights.h"

#define ENOTSUPP 524 /* of the kernel's, not meant to be seen outside */

/* Length of the number that LINE begins with; 0: none. */
static size_t number(const char *line, size_t length)
{
	size_t n = 0;

	while (n < length && isdigit((unsigned char)line[n]))
		n++;
	return n;
}

static bool begins(const char *line, size_t length, const char *word)
{
	return length >= strlen(word) && !strncmp(line, word, strlen(word));
}

/* An instruction ("12: (95) exit"), a step to one ("from 3 to 12: ..."), or the sum in the last line. */
static bool is_trace(const char *line, size_t length)
{
	size_t n = number(line, length);

	return (n && n < length && line[n] == ':') || begins(line, length, "from ") ||
	       begins(line, length, "processed ") || begins(line, length, "verification time ") ||
	       begins(line, length, "stack depth ");
}

static bool is_source(const char *line, size_t length)
{
	return begins(line, length, "; ");
}

struct words {
	const char *at;
	size_t length;
};

static void append(char *buf, size_t size, const char *before, struct words words,
		   const char *after)
{
	size_t used = strlen(buf);

	snprintf(buf + used, size - used, "%s%.*s%s", before, (int)words.length, words.at, after);
}

void refusal_read_log(struct refusal *refusal, const char *log)
{
	struct words reason = { 0 }, source = { 0 }, last = { 0 }, before = { 0 };

	for (const char *end; *log; log = end + (*end == '\n')) {
		size_t length;

		end = log + strcspn(log, "\n");
		length = end - log;
		if (!length)
			continue;
		last = (struct words){ log, length };
		if (is_source(log, length)) {
			before = (struct words){ log + 2, length - 2 };
		} else if (!is_trace(log, length)) {
			reason = last;
			source = before;
		}
	}
	refusal->said[0] = '\0';
	append(refusal->said, sizeof(refusal->said), "", reason.length ? reason : last, "");
	if (reason.length && source.length)
		append(refusal->said, sizeof(refusal->said), " (at \"", source, "\")");
}

void refusal_look(struct refusal_place *place, const char *compiler)
{
	struct utsname system;

	uname(&system);
	snprintf(place->compiler, sizeof(place->compiler), "%s", compiler);
	snprintf(place->release, sizeof(place->release), "Linux %.64s", system.release);
	place->lacking = rights_lacking();
	rights_remedy(place->rights_remedy, sizeof(place->rights_remedy));
	place->locked_down = rights_locked_down();
	place->filtered = rights_filtered();
}

static void __attribute__((format(printf, 3, 4)))
say(struct refusal_words *words, const char *remedy, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(words->found, sizeof(words->found), format, ap);
	va_end(ap);
	snprintf(words->remedy, sizeof(words->remedy), "%s", remedy);
}

/* "program call_enter: ", where it is known what was refused. */
static void name_it(const struct refusal *r, char *buf, size_t size)
{
	const char *what = r->step == REFUSAL_MAP                                  ? "map " :
			   r->step == REFUSAL_PROGRAM || r->step == REFUSAL_ATTACH ? "program " :
										     "";

	snprintf(buf, size, "%s%s%s", r->name[0] ? what : "", r->name, r->name[0] ? ": " : "");
}

/* The verifier has given its reason, so that it is not the errno that counts. */
static void explain_verifier(const struct refusal *r, const struct refusal_place *place,
			     struct refusal_words *words)
{
	if (strstr(r->said, "CO-RE relocation"))
		say(words, "boot Linux 6.1 or later; if it is, report this line",
		    "program %s asks for what %s does not have: %s", r->name, place->release,
		    r->said);
	else if (place->locked_down && strstr(r->said, "bpf_probe_read"))
		say(words, "boot without lockdown=confidentiality",
		    "lockdown=confidentiality forbids BPF programs to read kernel memory, as %s does",
		    r->name);
	else
		say(words,
		    "build it with another version of clang (make CLANG=clang-NN), and report this line",
		    "the verifier of %s refuses program %s as built by %s: %s", place->release,
		    r->name, place->compiler, r->said);
}

/* EPERM and EACCES; and E2BIG, for who has no rights may have short programs only. */
static void explain_rights(const struct refusal *r, const struct refusal_place *place,
			   struct refusal_words *words, const char *name)
{
	if (place->lacking)
		say(words, place->rights_remedy, "%s%s: this user lacks %s", name,
		    strerror(-r->err), place->lacking);
	else if (place->filtered)
		say(words, "start it outside of the container, or with another seccomp profile",
		    "%s%s, though this user has the rights: the filter of system calls that is set "
		    "can forbid it, or a security module",
		    name, strerror(-r->err));
	else
		say(words, "look for a denial in the kernel's log (dmesg)",
		    "%s%s, though this user has the rights: a security module can forbid it", name,
		    strerror(-r->err));
}

static void explain_types(const struct refusal *r, struct refusal_words *words)
{
	if (r->err == -ENOENT)
		say(words, "boot a kernel that is built with CONFIG_DEBUG_INFO_BTF=y",
		    "this kernel has no description of them in /sys/kernel/btf/vmlinux");
	else if (r->err == -EINVAL)
		say(words, "build a newer faultline",
		    "/sys/kernel/btf/vmlinux has something that this faultline does not know");
	else
		say(words, "", "/sys/kernel/btf/vmlinux: %s", strerror(-r->err));
}

/* Of an errno that has one cause. */
static const char *remedy_of(int err)
{
	static const struct {
		int err;
		const char *remedy;
	} remedies[] = {
		/* each map, program and attachment is one */
		{ EMFILE, "allow more, as with \"ulimit -n 1024\"" },
		{ ENFILE, "allow more: sysctl fs.file-max" },
		{ ENOMEM, "free some memory, raise the limit of its control group, or give a "
			  "smaller --ring-size" },
		{ ENOSYS, "boot a kernel that is built with CONFIG_BPF_SYSCALL=y" },
		{ ENOTSUPP, "boot a kernel that is built with CONFIG_BPF_JIT=y" },
		{ EINTR, "try again" },
		{ EAGAIN, "try again" },
	};

	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
		if (remedies[i].err == err)
			return remedies[i].remedy;
	return NULL;
}

static void explain_errno(const struct refusal *r, const struct refusal_place *place,
			  struct refusal_words *words)
{
	bool short_only = r->err == -E2BIG && place->lacking;
	const char *remedy = remedy_of(-r->err);
	char name[64];

	name_it(r, name, sizeof(name));
	if (r->err == -EPERM || r->err == -EACCES || short_only)
		explain_rights(r, place, words, name);
	else if (remedy)
		say(words, remedy, "%s%s", name,
		    r->err == -ENOTSUPP ? "not supported" : strerror(-r->err));
	else
		say(words, "report this line, with what \"faultline doctor\" says", "%s%s%s%s",
		    name, strerror(-r->err),
		    r->warned[0] ? "; libbpf says: " : "; no reason was given", r->warned);
}

void refusal_explain(const struct refusal *r, const struct refusal_place *place,
		     struct refusal_words *words)
{
	if (r->said[0])
		explain_verifier(r, place, words);
	else if (r->hook[0] && r->err == -ESRCH) /* tracepoints.h */
		say(words, "boot a kernel that has it",
		    "%s, on which program %s hangs, is not in %s", r->hook, r->name,
		    place->release);
	else if (r->step == REFUSAL_TYPES && !remedy_of(-r->err))
		explain_types(r, words);
	else
		explain_errno(r, place, words);
}

void refusal_sentence(char *buf, size_t size, const struct refusal *r,
		      const struct refusal_place *place)
{
	static const char *const steps[] = {
		[REFUSAL_TYPES] = "read the kernel's types",
		[REFUSAL_MAP] = "load the BPF programs",
		[REFUSAL_PROGRAM] = "load the BPF programs",
		[REFUSAL_ATTACH] = "attach the BPF programs",
		[REFUSAL_RING] = "map the ring buffer",
		[REFUSAL_FOLLOW] = "follow the command",
	};
	struct refusal_words words;

	refusal_explain(r, place, &words);
	snprintf(buf, size, "cannot %s: %s%s%s", steps[r->step], words.found,
		 words.remedy[0] ? "; " : "", words.remedy);
}
