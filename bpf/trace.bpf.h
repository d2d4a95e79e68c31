/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all programs share: the configuration, the maps, the state kept for each
 * traced task, the filter, and the one function that reserves a record.
 *
 * Every definition here is weak: the objects are linked into one, and the
 * first definition stands for all.
 */
#ifndef TRACE_BPF_H
#define TRACE_BPF_H

#include "event.h"
#include "program.bpf.h"

/* Who made the programs: for messages of user space. */
const volatile char compiler[] __weak = COMPILER;

/* Set by user space before loading. */
const volatile bool want_states __weak = false;
const volatile bool want_rss __weak = false;
const volatile bool want_data __weak = false;
const volatile bool every_fault __weak = false;
const volatile __u32 nr_cpus __weak = 1;
const volatile __u32 nr_prctl __weak = 0; /* system call number of prctl */
const volatile bool has_swap __weak = false;
const volatile bool thp_always __weak = false;
const volatile bool thp_never __weak = false;
/* From a CPU's runqueue to its preempt_count, bytes; 0: unknown. */
const volatile __s64 preempt_count_from_rq __weak = 0;
/* Bits of gfp_t; renumbered in 6.10, so user space looks them up. */
const volatile __u32 gfp_movable __weak = 0;
const volatile __u32 gfp_zero __weak = 0;
const volatile __u32 gfp_table __weak = 0; /* __GFP_ACCOUNT | __GFP_ZERO */
const volatile __u32 gfp_cache __weak = 0; /* __GFP_WRITE | __GFP_NORETRY */

/* Where a page table's entry has an address, without AMD's bit for encrypted memory. */
const volatile __u64 entry_address_bits __weak = 0;

/* A struct of the kernel's that begins with a number of 64 bits; 0: do not read through one. */
const volatile __u32 word_type __weak = 0;

/* Middle-level entries map pages of this order. */
#define PMD_ORDER 9
#define NR_ORDERS 16 /* above MAX_PAGE_ORDER */

/* What is done for a system call, by number: bits of enum fl_call_class. */
const volatile __u16 call_class[FL_NR_CALLS] __weak = {};

/* Counters that user space reads while tracing runs. */
__u32 last_task __weak = 1; /* 1 is the command */
__u32 live_tasks __weak = 1;
__u32 last_name __weak = 0;
__u32 last_object __weak = 0;
__u32 last_rescued __weak = 0;

/* Where the kernel maps physical address 0; 0: unknown. */
__u64 direct_map __weak = 0;

/* What a slot of the topmost page table covers: 1 << 39 bytes, or 1 << 48 with five levels. */
__u32 top_shift __weak = 39;

/* Per-CPU pointer of the map `losses`, which tells the offsets of CPUs; see rss.bpf.h. */
__u64 percpu_pointer __weak = 0;

/*
 * The address spaces' generations: whoever changes one bumps its slot, and
 * cached VMAs of an older generation are not used.  Two address spaces in one
 * slot only cost each other a look-up.
 */
#define NR_GENERATIONS 1024
__u32 generations[NR_GENERATIONS] __weak = {};

struct vma_info {
	__u64 start;
	__u64 end;    /* 0: there is no VMA */
	__u64 offset; /* of start in the object, bytes */
	__u32 flags;
	__u32 object;
	bool shmem;
	bool special; /* pages of the kernel's own: vDSO, vvar */
};

/* An exception whose outcome is not known yet. */
struct pending_fault {
	__u64 t_ns;   /* when it was entered; TIMED: exactly, else shortly before */
	__u64 end_ns; /* 0: completion not seen */
	__u64 address;
	__u64 ip;
	__u64 entry; /* of the page table, at a protection fault */
	__u32 error;
	__u8 via;      /* enum fl_via; 0: nothing is pending */
	__u8 watched;  /* counters in rss_before[], one bit for each MM_* */
	__u16 syscall; /* that the task was in */
	__u16 signo;   /* the signal that it raised for the address */
	bool timed;
	__u8 disabled; /* page faults were disabled, or the address is the kernel's */
	union {
		__u32 cpu;        /* where the counters were read */
		__u32 rss_faults; /* before 6.2: task_struct.rss_stat.events at that moment */
	};
	__s32 rss_before[4];
};

/* What was allocated and mapped since the last settled fault. */
struct page_effects {
	__u64 signature; /* one bit for each of the following that is not zero */
	__u32 zeroed;    /* user pages below PMD_ORDER with __GFP_ZERO ... */
	__u32 plain;     /* ... and without */
	__u32 huge;
	__u32 tables;
};

/* Bits of the signature: a field of 16 for those zeroed and one for those not, by order. */
#define EFFECT_ZEROED (1ULL << 0)
#define EFFECT_PLAIN (1ULL << 16)
#define EFFECT_HUGE (1ULL << 32)
#define EFFECT_LARGE 0xfffefffeULL /* of these, above order 0 */
/* tables are not told apart: each 512th fault of a run takes one */

#define NO_NEXT ~0ULL

/* Cells of the ledger that are not open, waiting for the task's end. */
#define NR_PARKED 16
struct ledger_cell {
	struct fl_ledger_key key;
	__u64 n;
};

struct pages_cell {
	union {
		struct fl_pages_key key;
		__u64 words[2];
	};
	__u64 n;
};

struct task_state {
	union {
		struct fl_task_seed seed;
		struct {
			__u32 task;
			__u32 process;
			__u16 phase;
			__u16 syscall; /* FL_NO_SYSCALL, FL_IN_EXIT or the number */
		};
	};
	bool in_exec;   /* the address space is a new one, the call has not returned */
	bool begun;     /* base counters are taken, FL_TASK_NEW is sent */
	bool on_cpu;    /* it was seen to get a CPU */
	bool runnable;  /* it was seen to be woken, or to leave a CPU while it could go on */
	__u64 sched_ns; /* when it last left a CPU, or was woken after that, as far as was seen */
	bool probing;   /* we ourselves touch user memory: not the task's fault */
	__u64 min_flt;  /* what of the kernel's counters is accounted for */
	__u64 maj_flt;
	struct pending_fault pending;
	struct page_effects effects;
	__u32 of_order[2 * NR_ORDERS]; /* of those not zeroed, then zeroed: above order 0 */

	/* The VMA, or the part of it that a region covers, around the last fault. */
	__u64 mm;
	__u64 low;
	__u64 high;
	__u32 generation;
	__u32 generation_slot;
	__u32 mm_sequence;
	__u16 region;
	struct vma_info vma;

	struct fl_fault_run run; /* the open run; n == 0: none */
	struct fl_fault_time each[FL_EACH_MOST];
	__u64 run_next;          /* address that would continue it; NO_NEXT: none */
	__u64 run_effects;       /* signature of its faults ... */
	__u32 run_error;         /* ... and their error code */
	struct ledger_cell cell; /* the open cell of the ledger */
	struct pages_cell pages;
	struct ledger_cell parked[NR_PARKED];
	struct pages_cell parked_pages[NR_PARKED];
	__u32 next_parked;

	__u64 scratch;
	__u64 call_ns;
	__u64 call_args[6];
	__s64 ret; /* of the call that returns */
	__u64 rss_ns;
	__u64 parent; /* address of its real_parent, as last seen */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_state);
} tasks SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 16);
	__type(key, struct fl_ledger_key);
	__type(value, __u64);
} ledger SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 15);
	__type(key, struct fl_pages_key);
	__type(value, __u64);
} pages SEC(".maps") __weak;

struct name_key {
	union {
		char name[FL_NAME_LEN];
		__u64 words[FL_NAME_LEN / 8]; /* as registers carry it */
	};
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct name_key);
	__type(value, __u32);
} names SEC(".maps") __weak;

struct object_key {
	__u64 inode;
	__u64 device;
};

struct object_value {
	__u32 id;
	__u32 shmem;
	char name[FL_PATH_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct object_key);
	__type(value, struct object_value);
} objects SEC(".maps") __weak;

/*
 * Where an object is, by its id: its name and those of the folders above it up to the root, each
 * with a NUL behind it.  "" where it has no place, or a longer way than this.
 */
#define OBJECT_PATH_LEN 512
#define OBJECT_PATH_ROOM (OBJECT_PATH_LEN + 256) /* the last name may begin at its end */
struct object_path {
	union {
		char names[OBJECT_PATH_ROOM];
		__u32 start;
	};
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct object_path);
} object_paths SEC(".maps") __weak;

#define NR_REGIONS 8
struct named_region {
	__u64 start;
	__u64 end;
	__u32 name;
	__u32 reserved;
};

struct named_regions {
	struct named_region slot[NR_REGIONS];
};

/* The named regions of a process, by its id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct named_regions);
} regions SEC(".maps") __weak;

/*
 * Records without which a recording cannot be understood (tasks and markers),
 * kept here when the ring buffer has no room for them.
 */
#define RESCUE_BYTES 104
struct rescued {
	__u64 size;
	char record[RESCUE_BYTES];
};

/*
 * What must have room when the ring buffer has none is allocated beforehand: in
 * a burst the allocator of BPF runs dry sooner than the map is full.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 14);
	__type(key, __u32);
	__type(value, struct rescued);
} rescue SEC(".maps") __weak;

struct loss {
	__u64 first_ns;
	__u64 last_ns;
	__u64 n;
};

/* Records that found no room, by type; and the same for maps, behind them. */
#define NR_EVENT_TYPES 32
#define LOSS_MAP (NR_EVENT_TYPES)
#define LOSS_UNTRACKED (NR_EVENT_TYPES + 16)
#define LOSS_PREEMPTED (NR_EVENT_TYPES + 17) /* none itself: see page_alloc_active */
#define NR_LOSSES (NR_EVENT_TYPES + 18)
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_LOSSES);
	__type(key, __u32);
	__type(value, struct loss);
} losses SEC(".maps") __weak;

static __always_inline void loss_count(__u32 what, __u64 now)
{
	struct loss *loss = bpf_map_lookup_elem(&losses, &what);

	if (!loss)
		return;
	if (!loss->n)
		loss->first_ns = now;
	loss->last_ns = now;
	loss->n++;
}

static __always_inline void event_fill(struct fl_event *event, __u16 type, __u32 task, __u64 now)
{
	event->t_ns = now;
	event->task = task;
	event->type = type;
	event->cpu = bpf_get_smp_processor_id();
}

/*
 * Room for one record, its head filled in.  No room is counted, and the caller
 * goes on without.  User space polls the ring; nothing here wakes it.
 */
static __always_inline void *event_reserve(__u16 type, __u64 size, __u32 task, __u64 now)
{
	struct fl_event *event = bpf_ringbuf_reserve(&ring, size, 0);

	if (!event) {
		loss_count(type, now);
		return NULL;
	}
	event_fill(event, type, task, now);
	return event;
}

static __always_inline void event_submit(void *event)
{
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/* Send a record of up to RESCUE_BYTES that must not be lost. */
static __always_inline void event_send(const struct fl_event *event, __u64 size)
{
	struct rescued rescued = { .size = size };
	__u32 key;

	if (!bpf_ringbuf_output(&ring, (void *)event, size, BPF_RB_NO_WAKEUP))
		return;
	__builtin_memcpy(rescued.record, event, size);
	key = __sync_fetch_and_add(&last_rescued, 1);
	if (bpf_map_update_elem(&rescue, &key, &rescued, BPF_ANY))
		loss_count(event->type, event->t_ns);
}

/*
 * The current address space.  Following a pointer in place is faster, but each
 * time the verifier meets that it searches the kernel's types by name, for a
 * millisecond; so only the way of every fault does it.
 */
static __always_inline struct mm_struct *current_mm(void)
{
	return BPF_CORE_READ(bpf_get_current_task_btf(), mm);
}

/* The filter: NULL for a task that is not traced. */
static __always_inline struct task_state *task_state(struct task_struct *task)
{
	return bpf_task_storage_get(&tasks, task, NULL, 0);
}

static __always_inline __u32 task_id(struct task_struct *task)
{
	struct task_state *s = bpf_task_storage_get(&tasks, task, NULL, 0);

	return s ? s->task : 0;
}

/* The verifier allows no arithmetic on a kernel pointer; what comes back from a map is a number. */
static __always_inline __u64 number_through(__u64 *scratch, const void *pointer)
{
	*(volatile __u64 *)scratch = (__u64)pointer;
	return *(volatile __u64 *)scratch;
}

static __always_inline __u64 as_number(struct task_state *s, const void *pointer)
{
	return number_through(&s->scratch, pointer);
}

/*
 * A number that the verifier knows nothing of.  It follows each value that it
 * knows by itself: after a search that ends at one of 16 places it would go
 * through all that comes next 16 times.
 */
static __always_inline __u32 any_of(struct task_state *s, __u32 number)
{
	*(volatile __u64 *)&s->scratch = number;
	return *(volatile __u64 *)&s->scratch;
}

static __always_inline __u32 generation_slot(__u64 mm)
{
	return (mm >> 8) & (NR_GENERATIONS - 1);
}

/* Bits of preempt_count(): hard and soft interrupt being served, NMI. */
#define PREEMPT_IN_IRQ 0x00ff0100

/* Where each CPU has its preempt_count, found when it is first asked for; 0: not yet. */
#define NR_PREEMPT_COUNTS 512
__u64 preempt_counts[NR_PREEMPT_COUNTS] __weak = {};

/*
 * The kernel lets no program run twice on a CPU at once (__bpf_trace_run()), so page_alloc
 * is left out, and that is counted as a miss, where a page is taken on a CPU on which it
 * runs.  It takes none itself.  An interrupt may: that is no loss, since page_alloc passes
 * over what interrupts take.  Another task can only if it got the CPU in the midst of
 * page_alloc.  So whoever is switched to looks whether that runs: here is, by CPU, where
 * the number of its runs is that have not ended; 0: not known, and each miss is a loss.
 */
__u64 page_alloc_active[NR_PREEMPT_COUNTS] __weak = {};

static __always_inline bool page_alloc_runs(void)
{
	__u32 cpu = bpf_get_smp_processor_id(), active = 0;
	__u64 at = cpu < NR_PREEMPT_COUNTS ? page_alloc_active[cpu] : 0;

	if (at)
		bpf_probe_read_kernel(&active, sizeof(active), (void *)at);
	return active;
}

/*
 * preempt_count is a per-CPU variable like the runqueue, so that it lies at a
 * fixed distance from the runqueue of the CPU that the current task is on.
 */
static __always_inline bool in_interrupt(struct task_struct *current)
{
	__u32 cpu = bpf_get_smp_processor_id(), count = 0;
	__u64 at;

	if (!preempt_count_from_rq)
		return false;
	at = cpu < NR_PREEMPT_COUNTS ? preempt_counts[cpu] : 0;
	if (!at) {
		at = (__u64)BPF_CORE_READ(current, se.cfs_rq, rq) + preempt_count_from_rq;
		if (cpu < NR_PREEMPT_COUNTS)
			preempt_counts[cpu] = at;
	}
	bpf_probe_read_kernel(&count, sizeof(count), (void *)at);
	return count & PREEMPT_IN_IRQ;
}

#endif /* TRACE_BPF_H */
