/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The words of the tables for the numbers of the records.  Each function gives
 * a constant string, "unknown" for a number that has no word.
 */
#ifndef NAMES_H
#define NAMES_H

const char *names_kind(unsigned int kind);                   /* enum fl_kind */
const char *names_via(unsigned int via);                     /* enum fl_via */
const char *names_file_kind(unsigned int kind);              /* enum fl_file_kind */
const char *names_kthread(unsigned int what);                /* enum fl_kthread_what */
const char *names_page_use(unsigned int use);                /* enum fl_page_use */
const char *names_lock_kind(unsigned int kind);              /* enum fl_lock_kind */
const char *names_lock_op(unsigned int op);                  /* F_RDLCK, F_WRLCK, F_UNLCK */
const char *names_loss(unsigned int what);                   /* enum fl_loss_what */
const char *names_map(unsigned int map);                     /* enum fl_map */
const char *names_family(unsigned int family);               /* AF_* of IP sockets */
const char *names_tcp_state(unsigned int state);             /* of sk_state */
const char *names_protocol(unsigned int protocol);           /* IPPROTO_*; NULL: no word */
const char *names_signal_result(unsigned int result);        /* TRACE_SIGNAL_* */
const char *names_signal_action(unsigned long long handler); /* SIG_DFL, SIG_IGN or an address */

#endif
