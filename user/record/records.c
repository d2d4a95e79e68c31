// SPDX-License-Identifier: GPL-2.0
#include "record/records.h"

#include <stddef.h>

#include "event.h"

enum { AS_IT_COMES, ORDERED };

static const struct record_type types[FL_LAST_TYPE + 1] = {
	[FL_TASK_NEW] = { "task_new", sizeof(struct fl_task_new), ORDERED, NULL },
	[FL_TASK_EXEC] = { "task_exec", sizeof(struct fl_task_exec), ORDERED, NULL },
	[FL_TASK_EXIT] = { "task_exit", sizeof(struct fl_task_exit), ORDERED, NULL },
	[FL_TASK_END] = { "task_end", sizeof(struct fl_task_end), ORDERED, NULL },
	[FL_TASK_RENAME] = { "task_rename", sizeof(struct fl_task_rename), ORDERED, NULL },
	[FL_MARK] = { "mark", sizeof(struct fl_mark), ORDERED, NULL },
	[FL_FAULT_RUN] = { "fault_run", sizeof(struct fl_fault_run), AS_IT_COMES, "fault_run" },
	[FL_SYSCALL] = { "syscall", FL_SYSCALL_BARE, ORDERED, NULL },
	[FL_SWITCH_OUT] = { "switch_out", sizeof(struct fl_switch_out), ORDERED, NULL },
	[FL_SWITCH_IN] = { "switch_in", sizeof(struct fl_event), ORDERED, NULL },
	[FL_WAKING] = { "waking", sizeof(struct fl_waking), ORDERED, NULL },
	[FL_READY] = { "ready", sizeof(struct fl_ready), ORDERED, NULL },
	[FL_MIGRATE] = { "migrate", sizeof(struct fl_migrate), ORDERED, NULL },
	[FL_SIGNAL_GENERATE] = { "signal_generate", sizeof(struct fl_signal_generate), ORDERED,
				 NULL },
	[FL_SIGNAL_DELIVER] = { "signal_deliver", sizeof(struct fl_signal_deliver), ORDERED, NULL },
	[FL_FILE_LOCK] = { "file_lock", sizeof(struct fl_file_lock), ORDERED, NULL },
	[FL_PRIO] = { "prio", sizeof(struct fl_prio), AS_IT_COMES, "priority" },
	[FL_SOCK_STATE] = { "sock_state", sizeof(struct fl_sock_state), AS_IT_COMES, "sock_state" },
	[FL_NET_QUEUE] = { "net_queue", sizeof(struct fl_net_queue), AS_IT_COMES, "packet" },
	[FL_RSS] = { "rss", sizeof(struct fl_rss), AS_IT_COMES, "rss" },
	[FL_CARD] = { "card", sizeof(struct fl_card), ORDERED, "card" },
	[FL_REPARENT] = { "reparent", sizeof(struct fl_reparent), ORDERED, NULL },
	[FL_VMA] = { "vma", sizeof(struct fl_vma), AS_IT_COMES, "vma" },
	[FL_OPEN_FILE] = { "open_file", sizeof(struct fl_open_file), AS_IT_COMES, "open_file" },
	[FL_TASK_FREE] = { "task_free", sizeof(struct fl_event), AS_IT_COMES, "freed" },
	[FL_TRANSFER] = { "transfer", sizeof(struct fl_transfer), ORDERED, NULL },
	[FL_KTHREAD] = { "kthread", sizeof(struct fl_kthread), AS_IT_COMES, "kthread" },
	[FL_NAME] = { "name", sizeof(struct fl_name), AS_IT_COMES, NULL },
	[FL_OBJECT] = { "object", sizeof(struct fl_object), AS_IT_COMES, NULL },
	[FL_LEDGER] = { "ledger", sizeof(struct fl_ledger), AS_IT_COMES, NULL },
	[FL_PAGES] = { "pages", sizeof(struct fl_pages), AS_IT_COMES, NULL },
	[FL_LOSS] = { "loss", sizeof(struct fl_loss), AS_IT_COMES, NULL },
	[FL_FINISH] = { "finish", sizeof(struct fl_finish), AS_IT_COMES, NULL },
	[FL_FRAMES] = { "frames", sizeof(struct fl_frames), AS_IT_COMES, NULL },
	[FL_FAULT_COST] = { "fault_cost", sizeof(struct fl_fault_cost), AS_IT_COMES, NULL },
};

const struct record_type *records_type(unsigned int type)
{
	return type <= FL_LAST_TYPE && types[type].word ? &types[type] : NULL;
}

const char *records_word(unsigned int type)
{
	const struct record_type *t = records_type(type);

	return t ? t->word : "unknown";
}
