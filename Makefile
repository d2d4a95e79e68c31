# SPDX-License-Identifier: GPL-2.0
#
# make              build/faultline, its experiments and its man page
# make test         unit tests, the same under sanitizers, system tests (root or sudo)
# make bench        cost beside the peers that are installed (ROUNDS=9, QUICK=1)
# make test-many    that a thousand jobs, ten thousand programs and 10^7 faults lose nothing (minutes)
# make test-kernels system tests and experiments on the distribution's kernels, under QEMU (slow);
#                   ARGS='--cpus=Haswell ...' (see tests/kernels/run), CLANGS='clang-14 ...'
# make demo         the first experiment, traced
# make lint         format and static checks
# make deps         install what is missing for all of these (apt-get), but for deps-bench (the
#                   peers), deps-kernels (QEMU) and deps-compilers (other versions of clang, with
#                   which make test tries the BPF programs as well)
# make install      PREFIX=/usr/local DESTDIR=
# make vmlinux      remake vmlinux/ARCH/vmlinux.h; make check-vmlinux compares it with this kernel
#
# V=1 shows the commands, WERROR=1 makes warnings errors, SANITIZE=1 builds into build/san.

VERSION := 0.1
PREFIX ?= /usr/local
DESTDIR ?=
CLANG ?= clang
PKG_CONFIG ?= pkg-config

# Debian keeps bpftool out of the PATH of ordinary users.
SEARCH_PATH := $(PATH):/usr/sbin:/sbin
export PATH := $(SEARCH_PATH)

ARCH := $(shell uname -m)
BPF_ARCH := $(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(ARCH)))
B := build
OUT := $(B)$(if $(SANITIZE),/san)
# Where the BPF programs are.  With K=build/clang-19 CLANG=clang-19 build/clang-19/faultline has
# others, and all that does not know the programs is taken from here.
K := $(B)
SIDE := $(if $(filter $(B),$(K)),$(OUT),$(K))
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' $(1) $(2);)
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# What is needed: how it is found, its name, the Debian package that has it, its least version.
NEED_BUILD := compiler/cc/gcc archive/libc.a/libc6-dev clang/clang/clang bpftool/bpftool/bpftool \
	command/$(PKG_CONFIG)/pkg-config library/libbpf/libbpf-dev/1.1 \
	library/libelf/libelf-dev library/zlib/zlib1g-dev library/libzstd/libzstd-dev library/sqlite3/libsqlite3-dev \
	library/smartcols/libsmartcols-dev library/libcap/libcap-dev command/scdoc/scdoc
NEED_UNIT := library/cmocka/libcmocka-dev
NEED_TEST := $(NEED_UNIT) command/python3/python3 command/sqlite3/sqlite3 command/strace/strace \
	command/ssh-keygen/openssh-client command/ip/iproute2
NEED_BENCH := command/perf/linux-perf command/bpftrace/bpftrace command/trace-cmd/trace-cmd \
	command/strace/strace
NEED_KERNELS := command/qemu-system-x86_64/qemu-system-x86 static/busybox/busybox-static \
	command/mke2fs/e2fsprogs command/xz/xz-utils
# Those of them that the distribution has.
NEED_COMPILERS := $(foreach version,14 16 18 19 22,command/clang-$(version)/clang-$(version)?)
NEED_LINT := command/clang-format/clang-format command/clang-tidy/clang-tidy \
	command/cppcheck/cppcheck command/shellcheck/shellcheck command/python3/python3

# Ubuntu's bpftool is a wrapper that refuses kernels it has no package for; any version will do here.
BPFTOOL ?= $(shell PATH="$(SEARCH_PATH)"; \
	for tool in bpftool /usr/lib/linux-tools/*/bpftool /usr/lib/linux-tools-*/bpftool; do \
		if $$tool version >/dev/null 2>&1; then echo $$tool; break; fi; done)

missing = $(shell PATH="$(SEARCH_PATH)"; IFS=/; for need in $(foreach need,$(1),'$(need)'); do \
	set -- $$need; case $$1 in \
	(command) command -v "$$2" ;; \
	(static) command -v "$$2" && ! ldd "$$(command -v "$$2")" 2>&1 ;; \
	(compiler) command -v $(firstword $(CC)) ;; \
	(clang) command -v $(firstword $(CLANG)) ;; \
	(library) $(PKG_CONFIG) --atleast-version=$${4:-0} "$$2" 2>&1 ;; \
	(archive) [ -e "$$($(CC) -print-file-name=$$2 2>&1)" ] ;; \
	(bpftool) [ -n "$(BPFTOOL)" ] ;; \
	esac >/dev/null || echo "$$2$${4:+>=$$4}/$$3"; done)
comma := ,
described = $(firstword $(subst /, ,$(1))) (package $(lastword $(subst /, ,$(1))))
refuse = $(error faultline: missing: $(foreach need,$(1),$(call described,$(need));) run "make deps")
refuse_missing = $(if $(strip $(1)),$(call refuse,$(1)))

LIBRARIES := libbpf libelf zlib libzstd sqlite3 smartcols libcap
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBRARIES) 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(LIBRARIES) 2>/dev/null)

# What is read in words has the alignment of words: newer compilers count on it, the verifier asks for it.
WARN := -Wall -Wextra -Wcast-align $(if $(WERROR),-Werror)
CFLAGS ?= -O2 -g
LOOPS := -fno-tree-loop-distribute-patterns
# It complains of an extension of GNU's that is asked for (gnu11), and of -no-pie where -static says so.
ifneq ($(findstring clang,$(CC)),)
LOOPS := -fno-builtin
WARN += -Wno-gnu-variable-sized-type-not-at-end -Wno-unused-command-line-argument
endif
SAN_FLAGS := $(if $(SANITIZE),-O1 -fno-omit-frame-pointer -fsanitize=address$(comma)undefined \
	-fno-sanitize-recover=undefined)
# A module finds the header of another by its path, "base/text.h"; see lint-floors.
USER_INCLUDES := -Iuser
USER_CFLAGS := -std=gnu11 $(WARN) $(CFLAGS) $(SAN_FLAGS) -pthread $(USER_INCLUDES) -Ibpf -Iworkloads -I$(K) -I$(B) \
	-DFAULTLINE_VERSION='"$(VERSION)"' $(PKG_CFLAGS)

ifneq ($(wildcard vmlinux/$(ARCH)/vmlinux.h),)
VMLINUX_DIR := vmlinux/$(ARCH)
else
VMLINUX_DIR := $(B)/vmlinux
endif

# BPF_PROG() declares a parameter for everything that a tracepoint passes, used or not, and
# BPF_CORE_READ() a variable of the field's type, const or not, which it then reads.
BPF_CFLAGS := -target bpf -D__TARGET_ARCH_$(BPF_ARCH) -mcpu=v3 -std=gnu11 -g -O2 $(WARN) \
	-Wno-unused-parameter -Wno-unknown-warning-option -Wno-default-const-init-var-unsafe -Ibpf -Iworkloads -isystem $(VMLINUX_DIR)

# Experiments count their own pages, so their code must be the same wherever it is built: one static
# file at fixed addresses (no relocation, no late binding that dirties a page), without the
# distribution's hardening, and with loops left as the loops that they are.
WORKLOAD_CFLAGS := -std=gnu11 $(WARN) -O2 -g -static -no-pie -fno-pie -fno-stack-protector \
	-U_FORTIFY_SOURCE -fcf-protection=none $(LOOPS) -pthread
ifneq ($(ARCH),x86_64)
WORKLOAD_CFLAGS := $(filter-out -fcf-protection=none,$(WORKLOAD_CFLAGS))
endif

BPF_OBJECTS := $(patsubst bpf/%.bpf.c,$(K)/bpf/%.bpf.o,$(wildcard bpf/*.bpf.c))
# Only user/collect knows the BPF programs.
USER_OBJECTS := $(patsubst user/collect/%.c,$(SIDE)/collect/%.o,$(wildcard user/collect/*.c)) \
	$(patsubst user/%.c,$(OUT)/user/%.o,$(filter-out user/collect/%,$(wildcard user/*/*.c)))
GENERATED := $(B)/schema.h $(B)/syscall_names.h
SKELETON := $(K)/faultline.skel.h
WORKLOADS := $(patsubst workloads/%.c,$(B)/workloads/%,$(wildcard workloads/*.c))
DYNAMIC := $(patsubst workloads/%.c,$(B)/workloads/dynamic/%,$(wildcard workloads/*.c))
CLAIMS := $(patsubst workloads/%.sql,$(B)/workloads/%.sql,$(wildcard workloads/*.sql))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(wildcard tests/unit/test_*.c))
UNIT_HELPERS := $(patsubst tests/unit/%.c,$(OUT)/tests/%.o, \
	$(filter-out tests/unit/test_%.c,$(wildcard tests/unit/*.c)))

.PHONY: all
all: $(SIDE)/faultline $(WORKLOADS) $(DYNAMIC) $(CLAIMS) $(B)/faultline.1 $(if $(SANITIZE),$(OUT)/workloads)

# Order-only for everything that runs a tool: stops with one sentence if it is not there.
.PHONY: need need-unit
need:
	$(call refuse_missing,$(call missing,$(NEED_BUILD)))
need-unit:
	$(call refuse_missing,$(call missing,$(NEED_BUILD) $(NEED_UNIT)))

# Another compiler makes other programs.
$(K)/compiler: FORCE | need
	@mkdir -p $(@D)
	@$(CLANG) --version | cmp -s - $@ || $(CLANG) --version > $@
.PHONY: FORCE
FORCE:

$(K)/bpf/%.bpf.o: bpf/%.bpf.c $(VMLINUX_DIR)/vmlinux.h $(K)/compiler Makefile | need
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MD -MP -MF $(@:.o=.d) -c $< -o $@ || { \
		echo 'If it is a type of the kernel that is missing, run "make vmlinux".' >&2; exit 1; }

$(K)/faultline.bpf.o: $(BPF_OBJECTS) | need
	$(call say,LINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(SKELETON): $(K)/faultline.bpf.o | need
	$(call say,SKEL,$@)
	$(Q){ echo '// NOLINTBEGIN'; $(BPFTOOL) gen skeleton $< name faultline_bpf && \
		echo '// NOLINTEND'; } > $@

$(B)/vmlinux/vmlinux.h: | need
	$(call say,BTF,$@)
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) btf dump file $(KERNEL_BTF) format c > $@

# The trimmed header: what programs compiled with the full one use.  Compiled with the trimmed one
# they must be the same, but for the places that the kernel fills in when it loads them.
KERNEL_BTF ?= /sys/kernel/btf/vmlinux
TRIM := $(B)/vmlinux-trim
.PHONY: vmlinux check-vmlinux bpf-objects
bpf-objects: $(BPF_OBJECTS)
vmlinux: FULL := $(B)/full
vmlinux: TRIMMED := $(B)/trimmed
vmlinux: $(TRIM)
	@rm -rf $(FULL) $(TRIMMED) && mkdir -p $(FULL) $(TRIMMED)/vmlinux vmlinux/$(ARCH)
	$(Q)$(MAKE) --no-print-directory B=$(FULL) VMLINUX_DIR=$(FULL)/vmlinux bpf-objects
	$(Q)for source in bpf/*.bpf.c; do \
		$(CLANG) $(subst $(VMLINUX_DIR),$(FULL)/vmlinux,$(BPF_CFLAGS)) -E $$source || exit; \
	done > $(FULL)/sources
	$(Q)$(TRIM) trim $(KERNEL_BTF) vmlinux/whole $(FULL)/bpf/*.o < $(FULL)/sources \
		> $(TRIMMED)/vmlinux/vmlinux.h
	$(Q)$(MAKE) --no-print-directory B=$(TRIMMED) VMLINUX_DIR=$(TRIMMED)/vmlinux bpf-objects
	$(Q)$(TRIM) dump $(FULL)/bpf/*.o > $(FULL)/dump
	$(Q)$(TRIM) dump $(TRIMMED)/bpf/*.o > $(TRIMMED)/dump
	$(Q)diff $(FULL)/dump $(TRIMMED)/dump > $(B)/vmlinux.diff || { \
		echo 'Programs differ with the trimmed header, see $(B)/vmlinux.diff: name the type' \
			'whose size they use in vmlinux/whole.' >&2; exit 1; }
	$(Q)cp $(TRIMMED)/vmlinux/vmlinux.h vmlinux/$(ARCH)/vmlinux.h

check-vmlinux: $(TRIM) $(BPF_OBJECTS)
	$(Q)$(TRIM) check $(KERNEL_BTF) $(BPF_OBJECTS)

$(TRIM): $(wildcard vmlinux/*.[ch]) Makefile | need
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(WARN) $(CFLAGS) $(filter %.c,$^) $(LDFLAGS) \
		$$($(PKG_CONFIG) --libs libbpf libelf zlib) -o $@

$(B)/schema.h: user/recording/schema.sql Makefile
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q){ echo 'static const char schema_sql[] ='; \
		sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $<; echo ';'; } > $@

# Names alone come from the preprocessor; their numbers stay the macros of the same header.
$(B)/syscall_names.h: Makefile | need
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q){ echo '#include <asm/unistd.h>'; \
		echo 'static const char *const syscall_names[] = {'; \
		echo '#include <asm/unistd.h>' | $(CC) -E -dM - | LC_ALL=C sort | \
		sed -n -e '/__NR_syscalls\|__NR_arch_specific/d' \
			-e 's/^#define __NR_\([a-z0-9_]*\) .*/	[__NR_\1] = "\1",/p'; echo '};'; } > $@

define compile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c $< -o $@
endef
$(OUT)/user/%.o: user/%.c Makefile | need $(GENERATED)
	$(compile)
$(SIDE)/collect/%.o: user/collect/%.c Makefile | need $(GENERATED) $(SKELETON)
	$(compile)

$(SIDE)/faultline: $(USER_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(USER_CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

# The same with programs by each compiler that is here, for tests.
CLANGS := $(filter-out clang-10 clang-11 clang-12 clang-13, \
	$(sort $(notdir $(wildcard $(addsuffix /clang-[1-9][0-9],$(subst :, ,$(SEARCH_PATH)))))))
.PHONY: compilers
compilers: $(CLANGS:%=$(B)/%/faultline)
$(B)/clang-%/faultline: FORCE | all
	+$(Q)$(MAKE) --no-print-directory K=$(@D) CLANG=clang-$* $@

# The binary finds its experiments beside itself.
$(B)/workloads/%: workloads/%.c Makefile | need
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(WORKLOAD_CFLAGS) -MMD -MP -MF $@.d $< -o $@

# The same as an ordinary program would be built, for "run --noise dynamic".
$(B)/workloads/dynamic/%: workloads/%.c Makefile | need
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -static -no-pie -fno-pie,$(WORKLOAD_CFLAGS)) -fpie -pie -Wl,-z,lazy \
		-MMD -MP -MF $@.d $< -o $@

$(B)/workloads/%.sql: workloads/%.sql
	@mkdir -p $(@D)
	$(Q)cp $< $@

$(OUT)/workloads:
	@mkdir -p $(@D)
	$(Q)ln -sfn ../workloads $@

$(B)/faultline.1: docs/faultline.1.scd user/recording/schema.sql Makefile | need
	$(call say,MAN,$@)
	@mkdir -p $(@D)
	$(Q)sed -e '/^@SCHEMA@$$/{r user/recording/schema.sql' -e 'd}' $< | scdoc > $@

# An archive gives each test the modules that it calls and no others, so that those which need the
# kernel's side are left out of tests that run without root.
$(OUT)/libfaultline.a: $(filter-out $(OUT)/user/cli/main.o,$(USER_OBJECTS))
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUT)/tests/%.o: tests/unit/%.c Makefile | need-unit $(GENERATED) $(SKELETON)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -Itests/unit -MMD -MP -c $< -o $@

$(OUT)/tests/%: $(OUT)/tests/%.o $(UNIT_HELPERS) $(OUT)/libfaultline.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(USER_CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -lcmocka -o $@
.PRECIOUS: $(OUT)/tests/%.o

.PHONY: tests unit test demo
tests: all $(UNIT_TESTS)

# Without root: only the unit tests.
unit: $(UNIT_TESTS)
	$(Q)tests/run $(UNIT_TESTS)

# Where root works in somebody else's tree (sudo make test), the files stay that user's.
OWNER := $(shell stat -c %u .)
USER_ID := $(shell id -u)
ifeq ($(USER_ID)$(filter-out 0,$(OWNER)),0$(OWNER))
AS_OWNER := setpriv --reuid=$(OWNER) --regid=$(shell stat -c %g .) --clear-groups --
endif
SUDO := $(if $(filter-out 0,$(USER_ID)),$(shell command -v sudo))
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
BUILD = $(AS_OWNER) $(MAKE) --no-print-directory $(JOBS)

test:
	@$(MAKE) --no-print-directory deps-test
	+@$(BUILD) tests compilers
	+@$(BUILD) tests SANITIZE=1
	@tests/run $(UNIT_TESTS) $(UNIT_TESTS:$(B)/%=$(B)/san/%) \
		--system $(B)/faultline $(B)/san/faultline

# Not part of `make test`, which does the same with smaller numbers.
.PHONY: test-many
test-many:
	@$(MAKE) --no-print-directory deps-test
	+@$(BUILD) all
	@$(SUDO) env MANY=1 TEST_TIMEOUT=1800 tests/system/run $(B)/faultline many_jobs many_jobs_busy \
		many_execs many_execs_busy many_faults many_faults_busy

# Not part of `make test`: it takes an hour or more for each kernel.
.PHONY: test-kernels
test-kernels:
	@$(MAKE) --no-print-directory deps-kernels
	+@$(if $(CLANGS),for clang in $(CLANGS); do \
		$(BUILD) all CLANG=$$clang B=$(B)/$$clang || exit; done,$(BUILD) all)
	@KERNELS=$(B)/kernels tests/kernels/run $(ARGS) \
		$(if $(CLANGS),$(CLANGS:%=$(B)/%/faultline),$(B)/faultline)

demo:
	@$(MAKE) --no-print-directory deps-build
	+@$(BUILD) all
	@echo 'A process touches its pages, forks, and both write to them: who pays for the copies?' >&2
	@echo 'Each fault below is one that the kernel counted; the last column is what is left over.' >&2
	@$(SUDO) $(B)/faultline run cow

# Peers that are missing are named and left out.
.PHONY: bench
bench:
	@$(MAKE) --no-print-directory deps-test
	+@$(BUILD) all $(B)/bench/load
	@$(SUDO) env ROUNDS='$(ROUNDS)' QUICK='$(QUICK)' ONLY='$(ONLY)' TOOLS='$(TOOLS)' \
		python3 -B tests/bench/bench.py $(B)/faultline $(B)/bench/load $(B)/bench \
		$(if $(QUICK)$(ONLY)$(TOOLS),,docs/bench.svg)

$(B)/bench/load: tests/bench/load.c Makefile | need
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(WORKLOAD_CFLAGS) $< -o $@

.PHONY: deps deps-build deps-test deps-bench deps-kernels deps-compilers
deps: NEEDED = $(NEED_BUILD) $(NEED_TEST) $(NEED_LINT)
lint-deps: NEEDED = $(NEED_BUILD) $(NEED_LINT) $(NEED_UNIT)
deps-build: NEEDED = $(NEED_BUILD)
deps-test: NEEDED = $(NEED_BUILD) $(NEED_TEST)
deps-bench: NEEDED = $(NEED_BENCH)
deps-kernels: NEEDED = $(NEED_BUILD) $(NEED_KERNELS)
deps-compilers: NEEDED = $(NEED_COMPILERS)
deps deps-build deps-test deps-bench deps-kernels deps-compilers lint-deps:
	@tests/deps $(foreach need,$(call missing,$(NEEDED)),'$(need)')

# vmlinux.h is what a tool makes of the kernel's own style.
C_FILES := $(filter-out %/vmlinux.h,$(wildcard bpf/*.[ch] user/*/*.[ch] workloads/*.[ch] \
	tests/*/*.[ch] vmlinux/*.[ch]))
SCRIPTS := .ci/run docs/completion/faultline.bash tests/deps tests/run tests/kernels/init tests/kernels/guest \
	$(wildcard tests/*/run tests/*/*.sh)
TIDY := $(addprefix tidy/,$(filter %.c,$(C_FILES)))
.PHONY: lint format lint-format lint-floors lint-cppcheck lint-shell lint-kernels lint-deps $(TIDY)

lint: lint-deps
	+@$(BUILD) --output-sync --keep-going WERROR=1 lint-format lint-floors lint-cppcheck lint-shell lint-kernels $(TIDY)

format:
	clang-format -i $(C_FILES)

lint-format:
	$(call say,FORMAT,'$(words $(C_FILES)) files')
	$(Q)clang-format --dry-run -Werror $(C_FILES)

lint-floors:
	$(call say,FLOORS,'$(words $(C_FILES)) files')
	$(Q)tests/floors $(C_FILES)

# clang-tidy counts on stderr what it does not show.
$(TIDY): tidy/%: % $(GENERATED) $(SKELETON)
	$(call say,TIDY,$<)
	$(Q)report=$$(clang-tidy --quiet $< -- $(if $(filter bpf/%,$<),$(BPF_CFLAGS), \
		-isystem $(B) $(USER_CFLAGS)) 2>&1) || { echo "$$report"; exit 1; }

# Workloads look odd on purpose: a page is assigned to itself, nothing is touched from address 0 on
# to warm the function up, and address 0 is read to see what the kernel does.
lint-cppcheck:
	$(call say,CPPCHECK,'$(words $(C_FILES)) files')
	$(Q)cppcheck --quiet --std=c11 --language=c --enable=warning,portability,performance \
		--suppress=selfAssignment:workloads/* --suppress=nullPointerArithmetic:workloads/* \
		--suppress=nullPointer:workloads/* \
		'-DLIBBPF_OPTS(type, name, ...)=struct type name = {}' $(USER_INCLUDES) -Ibpf -Iworkloads \
		--error-exitcode=1 $(filter-out bpf/%,$(C_FILES))

lint-shell:
	$(call say,SHELL,'$(words $(SCRIPTS)) scripts')
	$(Q)shellcheck $(SCRIPTS)

lint-kernels:
	$(call say,TABLE,docs/kernels.md)
	$(Q)tests/kernels/table --check

bindir = $(DESTDIR)$(PREFIX)/bin
libdir = $(DESTDIR)$(PREFIX)/lib/faultline/workloads
includedir = $(DESTDIR)$(PREFIX)/include
mandir = $(DESTDIR)$(PREFIX)/share/man/man1
completiondir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
# For programs of others.
HEADERS := workloads/faultline.h workloads/faultline-barrier.h

.PHONY: install uninstall clean
install: all
	install -d $(bindir) $(libdir)/dynamic $(includedir) $(mandir) $(completiondir)
	install -m 755 $(B)/faultline $(bindir)/faultline
	$(if $(WORKLOADS),install -m 755 $(WORKLOADS) $(libdir))
	$(if $(DYNAMIC),install -m 755 $(DYNAMIC) $(libdir)/dynamic)
	$(if $(CLAIMS),install -m 644 $(CLAIMS) $(libdir))
	install -m 644 $(HEADERS) $(includedir)
	install -m 644 $(B)/faultline.1 $(mandir)/faultline.1
	install -m 644 docs/completion/faultline.bash $(completiondir)/faultline

uninstall:
	rm -f $(bindir)/faultline $(mandir)/faultline.1 $(completiondir)/faultline \
		$(addprefix $(includedir)/,$(notdir $(HEADERS))) \
		$(addprefix $(libdir)/,$(notdir $(WORKLOADS) $(CLAIMS))) \
		$(addprefix $(libdir)/dynamic/,$(notdir $(DYNAMIC)))
	-rmdir --ignore-fail-on-non-empty $(libdir)/dynamic $(libdir) $(dir $(libdir))

clean:
	rm -rf $(B)

-include $(BPF_OBJECTS:.o=.d) $(USER_OBJECTS:.o=.d) $(WORKLOADS:=.d) $(DYNAMIC:=.d) $(UNIT_TESTS:=.d) \
	$(UNIT_HELPERS:.o=.d)
