/* SPDX-License-Identifier: 0BSD OR MIT */
/*
 * Marks for faultline in a program of your own: copy this file, include it,
 * link nothing.  C99 or C++, 64 bits.
 *
 *	fl_role("child");			what this task is called
 *	fl_region("heap", address, bytes);	what this memory is called
 *	fl_phase("load");			what this task does from now on
 *	...
 *	fl_value("items", n);			what the program itself counted
 *	fl_phase("");				no phase any more
 *
 * A phase and a role belong to the calling thread.  A task starts in the phase
 * of the one that created it.  A region belongs to the process; a length of 0
 * forgets its name.
 *
 * Longest names, in bytes: phase and role 31, value 23, region 15; the rest is
 * cut off.
 *
 * A mark is one system call, prctl() with an option that no kernel has and the
 * name packed into its arguments.  Without a tracer the kernel refuses it and
 * nothing else happens; errno stays as it is.  With a constant name an
 * optimising compiler packs at compile time, so that a mark touches no memory
 * at all; otherwise it reads the name.  Nothing is ever written, so a mark adds
 * no page fault of its own, apart from code and names that were never used.
 *
 * Where a register holds less than 64 bits the marks do nothing.
 */
#ifndef FAULTLINE_H
#define FAULTLINE_H

#if defined(__LP64__) && !defined(__x86_64__) && !defined(__aarch64__) && !defined(__riscv)
#include <errno.h>
#include <sys/prctl.h>
#endif

#define FL_INLINE_ static inline __attribute__((__always_inline__, __unused__))

/* The interface with the tracer: prctl(FL_MAGIC_ | op, packed name, arguments). */
#define FL_MAGIC_ 0x464c0000UL
#define FL_OP_PHASE_ 1UL  /* four registers of name */
#define FL_OP_ROLE_ 2UL   /* four registers of name */
#define FL_OP_REGION_ 3UL /* two registers of name, address, bytes */
#define FL_OP_VALUE_ 4UL  /* three registers of name, value */
#define FL_OP_OF_PARENT_ 0x100UL

FL_INLINE_ void fl_mark_(unsigned long op, unsigned long a, unsigned long b, unsigned long c,
			 unsigned long d)
{
#if defined(__LP64__) && defined(__x86_64__)
	unsigned long rax = 157; /* prctl */
	register unsigned long r10 __asm__("r10") = c;
	register unsigned long r8 __asm__("r8") = d;

	__asm__ volatile("syscall"
			 : "+a"(rax)
			 : "D"(FL_MAGIC_ | op), "S"(a), "d"(b), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
#elif defined(__LP64__) && defined(__aarch64__)
	register unsigned long x8 __asm__("x8") = 167; /* prctl */
	register unsigned long x0 __asm__("x0") = FL_MAGIC_ | op;
	register unsigned long x1 __asm__("x1") = a;
	register unsigned long x2 __asm__("x2") = b;
	register unsigned long x3 __asm__("x3") = c;
	register unsigned long x4 __asm__("x4") = d;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
#elif defined(__LP64__) && defined(__riscv)
	register unsigned long a7 __asm__("a7") = 167; /* prctl */
	register unsigned long a0 __asm__("a0") = FL_MAGIC_ | op;
	register unsigned long a1 __asm__("a1") = a;
	register unsigned long a2 __asm__("a2") = b;
	register unsigned long a3 __asm__("a3") = c;
	register unsigned long a4 __asm__("a4") = d;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4)
			 : "memory");
#elif defined(__LP64__)
	int saved = errno;

	prctl((int)(FL_MAGIC_ | op), a, b, c, d);
	errno = saved;
#else
	(void)op, (void)a, (void)b, (void)c, (void)d;
#endif
}

struct fl_name_ {
	unsigned long word[4];
};

/* Byte I of NAME, which has N, in its place in a word: the first one is the lowest. */
#define FL_BYTE_(name, n, i)                                                                       \
	((i) < (n) ? (unsigned long)(unsigned char)(name)[i] << (i) % sizeof(long) * 8 : 0UL)

#define FL_WORD_(name, n, i)                                                                       \
	(FL_BYTE_(name, n, i) | FL_BYTE_(name, n, (i) + 1) | FL_BYTE_(name, n, (i) + 2) |          \
	 FL_BYTE_(name, n, (i) + 3) | FL_BYTE_(name, n, (i) + 4) | FL_BYTE_(name, n, (i) + 5) |    \
	 FL_BYTE_(name, n, (i) + 6) | FL_BYTE_(name, n, (i) + 7))

FL_INLINE_ struct fl_name_ fl_pack_(const char *name, unsigned long n)
{
	struct fl_name_ packed = { { FL_WORD_(name, n, 0), FL_WORD_(name, n, 8),
				     FL_WORD_(name, n, 16), FL_WORD_(name, n, 24) } };

	return packed;
}

/* The first MOST bytes of NAME.  A compiler folds strlen() of a constant, but not a loop. */
FL_INLINE_ struct fl_name_ fl_name_(const char *name, unsigned long most)
{
	unsigned long n = 0;

	if (__builtin_constant_p(__builtin_strlen(name))) {
		n = __builtin_strlen(name);
		return fl_pack_(name, n < most ? n : most);
	}
	/* gcc sees a NAME of known size and no end in it, and warns; so do not let it see. */
	__asm__("" : "+r"(name));
	while (n < most && name[n])
		n++;
	return fl_pack_(name, n);
}

FL_INLINE_ void fl_mark_name_(unsigned long op, const char *name)
{
	struct fl_name_ packed = fl_name_(name, 31);

	fl_mark_(op, packed.word[0], packed.word[1], packed.word[2], packed.word[3]);
}

/* What this thread does from now on, until the next phase or its end. */
FL_INLINE_ void fl_phase(const char *name)
{
	fl_mark_name_(FL_OP_PHASE_, name);
}

/* The same for the process that started this one: how a shell script gets its phases. */
FL_INLINE_ void fl_phase_of_parent(const char *name)
{
	fl_mark_name_(FL_OP_PHASE_ | FL_OP_OF_PARENT_, name);
}

/* What this thread is called in tables and pictures. */
FL_INLINE_ void fl_role(const char *name)
{
	fl_mark_name_(FL_OP_ROLE_, name);
}

/* What BYTES of memory from ADDRESS on are called, in this process and in what it forks. */
FL_INLINE_ void fl_region(const char *name, const volatile void *address, unsigned long bytes)
{
	struct fl_name_ packed = fl_name_(name, 15);

	fl_mark_(FL_OP_REGION_, packed.word[0], packed.word[1], (unsigned long)address, bytes);
}

/* What the program itself counted, to stand beside what the kernel did. */
FL_INLINE_ void fl_value(const char *name, long value)
{
	struct fl_name_ packed = fl_name_(name, 23);

	fl_mark_(FL_OP_VALUE_, packed.word[0], packed.word[1], packed.word[2],
		 (unsigned long)value);
}

#endif /* FAULTLINE_H */
