# shellcheck shell=bash disable=SC2034,SC2154 # run has work, tree, ...; models and version are for it
# SPDX-License-Identifier: GPL-2.0
#
# A machine under QEMU: the kernel from its package, a first root that finds the one
# outside, the machine itself.

# What is needed is there; sets accelerator, and models to the CPUs.
can_boot() {
	local need
	for need in qemu-system-x86_64/qemu-system-x86 busybox/busybox-static mke2fs/e2fsprogs \
		xz/xz-utils apt-get/apt; do
		command -v "${need%/*}" >/dev/null || {
			skip kernels "${need%/*} is not there (package ${need#*/})"
			finish
		}
	done
	busybox=$(command -v busybox)
	if ldd "$busybox" >/dev/null 2>&1; then
		skip kernels "busybox needs libraries (package busybox-static does not)"
		finish
	fi
	# Some hypervisors show a /dev/kvm that guests of theirs cannot use.
	if [ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then
		accelerator=kvm models=(host)
	else
		accelerator="tcg,thread=multi,tb-size=512" models=(max Haswell qemu64)
	fi
}

# The packages that PACKAGE stands for: a meta package has one below it, and newer
# kernels come in several parts.
parts() { # PACKAGE
	local part
	echo "$1"
	for part in $(apt-cache depends "$1" 2>/dev/null |
		sed -nE 's/^ *Depends: (linux-(image|binary|modules)-[0-9].*)/\1/p'); do
		parts "$part"
	done
}

# The kernel and what it needs to find its root, below DIR.
fetch() { # PACKAGE DIR
	local deb
	mkdir -p "$work/deb" "$2.part"
	# shellcheck disable=SC2046 # a list of words
	(cd "$work/deb" && apt-get -qq download $(parts "$1")) >"$work/fetch" 2>&1 || return 1
	for deb in "$work"/deb/*.deb; do
		dpkg --fsys-tarfile "$deb" | tar -x -C "$2.part" --wildcards '*/vmlinuz*' \
			'*/kernel/fs/9p/*' '*/kernel/fs/netfs/*' '*/kernel/fs/fscache/*' \
			'*/kernel/fs/overlayfs/*' '*/kernel/fs/ext4/*' '*/kernel/fs/jbd2/*' \
			'*/kernel/fs/mbcache.*' '*/kernel/net/9p/*' '*/kernel/drivers/virtio/*' \
			'*/kernel/drivers/block/virtio_blk.*' '*/crc*' '*/modules.builtin*' \
			'*/modules.order' 2>/dev/null
	done
	rm -rf "$work/deb"
	[ -e "$2.part/lib" ] || ln -s usr/lib "$2.part/lib"
	find "$2.part/lib/" -name '*.ko.xz' -exec xz -d {} + && mv "$2.part" "$2"
}

# Sets version to that of PACKAGE, and has it below $KERNELS.
kernel() { # PACKAGE
	local package
	package=$(parts "$1" | grep '^linux-image-[0-9].*' | tail -n 1)
	version=${package#linux-image-}
	if [ -z "$version" ]; then
		skip "$1" "apt-get knows no such package"
		return 1
	fi
	if [ ! -e "$KERNELS/$version" ] && ! fetch "$package" "$KERNELS/$version"; then
		skip "$version" "apt-get cannot download it: $(tail -n 1 "$work/fetch")"
		return 1
	fi
}

# What the machine tests, as it is now.
snapshot() { # FAULTLINE FOLDER
	mkdir -p "$2/build"
	tar -C "$TREE" --exclude=./build --exclude=./.git -cf - . | tar -C "$2" -xf -
	cp -rL "$1" "$(dirname "$1")/workloads" "$2/build/"
}

initrd() { # DIR VERSION
	local root=$work/initrd
	rm -rf "$root"
	mkdir -p "$root/bin" "$root/dev" "$root/all" "$root/lib/modules"
	cp "$busybox" "$root/bin/busybox"
	ln -s busybox "$root/bin/sh"
	ln -s bin "$root/sbin" # where the kernel looks for modprobe
	cp -r "$1/lib/modules/$2" "$root/lib/modules/"
	rm -f "$root/lib/modules/$2"/vmlinuz
	# which takes a version for one if it has three numbers
	ln -s "$2" "$root/lib/modules/0.0.0"
	"$busybox" depmod -b "$root" 0.0.0 || return 1
	cp "$HERE/init" "$HERE/guest" "$work/todo" "$root/"
	printf '%s=%q\n' TREE "$tree" PROGRAMS "$work/programs" PATH "$PATH" LOGS "$logs" \
		>"$root/environment"
	(cd "$root" && find . | "$busybox" cpio -o -H newc 2>/dev/null) >"$work/initrd.cpio"
}

# Starts the machine; what it says comes from descriptor 3.
boot() { # DIR
	local kernel share=() name=$version-$cpu
	kernel=$(find "$1/" -name 'vmlinuz*' -type f | head -n 1)
	if [ -n "$logs" ]; then
		mkdir -p "$logs/$name" || return 1
		share=(-virtfs "local,path=$logs/$name,mount_tag=logs,security_model=none")
	fi
	rm -f "$work/disk" "$work/says"
	mkfifo "$work/says" && mke2fs -q -t ext4 "$work/disk" 3G >"$work/mke2fs" && initrd "$1" "$version" || return 1
	qemu-system-x86_64 -M pc,mem-merge=off -accel "$accelerator" -cpu "$cpu" \
		-m 3072 -smp 2 -nodefaults -no-user-config -no-reboot -display none -monitor none \
		-serial "file:$work/console" -serial stdio -kernel "$kernel" -initrd "$work/initrd.cpio" \
		-append "console=ttyS0 loglevel=4 panic=-1 oops=panic" \
		-drive "file=$work/disk,format=raw,if=virtio,cache=unsafe" \
		-virtfs local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap \
		"${share[@]}" </dev/null >"$work/says" 2>"$work/qemu" &
	qemu=$!
	exec 3<"$work/says"
}

halt() {
	[ -n "$qemu" ] || return 0
	kill "$qemu" 2>/dev/null
	wait "$qemu"
	qemu=''
	exec 3<&-
	[ -z "$logs" ] || cp "$work/console" "$logs/$version-$cpu/console"
}

# Why the machine stopped, on a line.
last_words() {
	{
		grep -a -m 1 -E 'Oops|BUG|Kernel panic' "$work/console" || cat "$work/qemu" "$work/console"
	} | tail -n 3 | tr -c '\40-\176' ' ' | cut -c 1-300
}
