/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The entry of the page table that maps an address, and what it permits.
 *
 * The tables are read through the direct map, without a lock, as
 * get_user_pages_fast() reads them: in an exception interrupts are off, so that
 * none is freed meanwhile.  Elsewhere a change at the same moment can give an
 * answer that is no longer, or not yet, true.
 */
#ifndef ENTRY_BPF_H
#define ENTRY_BPF_H

#include "trace.bpf.h"

/* Bits of the x86 exception's error code, X86_PF_*; the first three are those of an entry. */
#define PF_PROT 0x1
#define PF_WRITE 0x2
#define PF_USER 0x4
#define PF_INSTR 0x10
#define PF_PKEY 0x20
#define PF_SHADOW_STACK 0x40

/* What the entry said at the exception; no bits of the CPU's. */
#define PF_PERMITTED 0x40000000 /* it permitted the access */
#define PF_HUGE 0x20000000      /* it maps more than a page */

/* Bits of an entry, _PAGE_*. */
#define ENTRY_PRESENT PF_PROT
#define ENTRY_WRITE PF_WRITE
#define ENTRY_USER PF_USER
#define ENTRY_DIRTY 0x40
#define ENTRY_LEAF 0x80 /* above the last level */
#define ENTRY_NO_EXEC (1ULL << 63)

/* Bits that neither CPU nor kernel use: 1 << SHIFT bytes are mapped, as entry_find() has it. */
#define ENTRY_SHIFT_AT 52
#define ENTRY_OF_SHIFT(shift) ((shift) * (1ULL << ENTRY_SHIFT_AT))
#define ENTRY_SHIFT(entry) ((entry) >> ENTRY_SHIFT_AT & 31)
#define PAGE_SHIFT 12
#define PMD_SHIFT 21
#define PUD_SHIFT 30
#define P4D_SHIFT 39

/*
 * The word at an address of the kernel's; 0 where none can be read.  Since 6.2 the kernel lets a
 * program read in place what it takes for a struct, which spares a call.
 */
static __always_inline __u64 kernel_word(__u64 at)
{
	__u64 word = 0;

	if (word_type)
		asm volatile("r1 = %[at]; r2 = %[type]; .byte 0x85, 0x20, 0, 0; .long %[which];"
			     "%[word] = *(u64 *)(r0 + 0)"
			     : [word] "=r"(word)
			     : [at] "r"(at), [type] "r"(word_type), [which] "i"(FL_READ_ONLY_CAST)
			     : "r0", "r1", "r2", "r3", "r4", "r5", "memory");
	else
		bpf_probe_read_kernel(&word, sizeof(word), (void *)at);
	return word;
}

/*
 * The entry that maps ADDRESS in the tables from TABLE on, and how much it maps.  Where none does,
 * what stands in its place, with an ENTRY_SHIFT() of 0; 0: nothing, or the tables cannot be read.
 * It is written to, open to user mode and executed as far as every level permits it.  The top level
 * has no say in the last: for itself the kernel forbids to execute there what user mode may execute
 * in its own copy (pti_set_user_pgtbl()).
 */
SHARED __u64 entry_find(__u64 table, __u64 address)
{
	__u64 all = ENTRY_WRITE | ENTRY_USER, any = 0, entry = 0;
	int shift = top_shift, level;

	if (!direct_map)
		return 0;
	for (level = 0; level < 5; level++) {
		entry = kernel_word(table + ((address >> shift) & 511) * sizeof(entry));
		if (!(entry & ENTRY_PRESENT))
			return entry & ~(31ULL << ENTRY_SHIFT_AT);
		all &= entry;
		any |= level ? entry & ENTRY_NO_EXEC : 0;
		if (shift == PAGE_SHIFT || (shift < P4D_SHIFT && entry & ENTRY_LEAF))
			return (entry & ~(31ULL << ENTRY_SHIFT_AT | ENTRY_WRITE | ENTRY_USER)) |
			       all | any | ENTRY_OF_SHIFT(shift);
		table = direct_map + (entry & entry_address_bits);
		shift -= 9;
	}
	return 0;
}

/* The entry that maps ADDRESS of the current task, as entry_find() gives it. */
static __always_inline __u64 entry_at(__u64 address)
{
	return entry_find((__u64)BPF_CORE_READ(current_mm(), pgd), address);
}

/* Whether ENTRY permits the access of an exception with this ERROR code. */
static __always_inline bool entry_permits(__u64 entry, __u32 error)
{
	__u32 needed = ENTRY_PRESENT | (error & (PF_WRITE | PF_USER));

	if (error & PF_SHADOW_STACK)
		return entry & ENTRY_PRESENT && entry & ENTRY_DIRTY && !(entry & ENTRY_WRITE);
	return (entry & needed) == needed && !(error & PF_INSTR && entry & ENTRY_NO_EXEC);
}

/* ERROR and what ENTRY, read at the exception, says. */
static __always_inline __u32 entry_tell(__u64 entry, __u32 error)
{
	return error | (entry_permits(entry, error) ? PF_PERMITTED : 0) |
	       (ENTRY_SHIFT(entry) > PAGE_SHIFT ? PF_HUGE : 0);
}

/*
 * What stands in the place of an entry for pages that nobody may touch (MADV_GUARD_INSTALL): a
 * swap entry of the last type with bit 2 of its offset, which is kept inverted (__swp_entry()).
 */
#define ENTRY_GUARD_TYPE 31ULL
#define ENTRY_GUARD_BIT (1ULL << (9 + 2))

static __always_inline bool entry_is_guard(__u64 entry)
{
	return !(entry & (ENTRY_PRESENT | ENTRY_GUARD_BIT)) && entry >> 59 == ENTRY_GUARD_TYPE;
}

/* Where ADDRESS, which ENTRY maps, is in the kernel's own address space. */
static __always_inline __u64 entry_target(__u64 entry, __u64 address)
{
	__u64 inside = (1ULL << ENTRY_SHIFT(entry)) - 1;

	return direct_map + (entry & entry_address_bits & ~inside) + (address & inside);
}

#endif /* ENTRY_BPF_H */
