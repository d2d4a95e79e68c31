#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
spoil.py list FAULTLINE            names of the BPF programs in the binary, and their sections
spoil.py code FAULTLINE PROGRAM    the program does what the verifier refuses
spoil.py void FAULTLINE PROGRAM    the program gives 0 and does nothing else
spoil.py name FAULTLINE OLD NEW    OLD in the names of the BPF object becomes NEW, as long as OLD

Changes the binary FAULTLINE in place, in the BPF object that it carries: there are no two ways
through the program for the sake of tests.
"""
import struct
import sys


class Object:
    """The BPF object in a file: little-endian ELF with 64-bit words."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.data = bytearray(file.read())
        at = self.data.find(b"\x7fELF", 1)
        while at >= 0 and struct.unpack_from("<H", self.data, at + 18)[0] != 247:  # EM_BPF
            at = self.data.find(b"\x7fELF", at + 1)
        if at < 0:
            sys.exit(f"{path} has no BPF object")
        self.at = at
        offset, = struct.unpack_from("<Q", self.data, at + 40)
        size, count, names = struct.unpack_from("<HHH", self.data, at + 58)
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", self.data, at + offset + i * size)
                         for i in range(count)]
        self.names = self.sections[names]

    def text(self, section, offset):
        start = self.at + section[4] + offset
        return self.data[start:self.data.index(0, start)].decode()

    def programs(self):
        """Name: section and place of its first instruction."""
        found = {}
        for section in self.sections:
            if section[1] != 2:  # SHT_SYMTAB
                continue
            for i in range(section[5] // 24):
                name, info, _, index, value, _ = struct.unpack_from(
                    "<IBBHQQ", self.data, self.at + section[4] + 24 * i)
                if info != 0x12 or not 0 < index < len(self.sections):  # a global function
                    continue
                its = self.sections[index]
                if self.text(self.names, its[0]) != ".text":
                    found[self.text(self.sections[section[6]], name)] = (
                        self.text(self.names, its[0]), self.at + its[4] + value)
        return found

    def refuse(self, name):
        """In place of the last thing before the exit, where every way ends, eight bytes from an
        odd place."""
        at = end = self.programs()[name][1]
        while self.data[end] != 0x95:  # exit
            at = end
            end += 16 if self.data[end] == 0x18 else 8  # BPF_LD | BPF_IMM | BPF_DW has two words
        self.data[at:at + 8] = struct.pack("<BBhi", 0x79, 0xa0, -156, 0)  # r0 = *(u64 *)(r10 - 156)

    def empty(self, name):
        """What is passed over stays within reach, as the verifier wants it."""
        at = end = self.programs()[name][1]
        while self.data[end] != 0x95:  # exit
            end += 16 if self.data[end] == 0x18 else 8
        self.data[at:at + 16] = struct.pack("<BBhiBBhi", 0xb7, 0, 0, 0,  # r0 = 0
                                            0x15, 0, (end - at) // 8 - 2, 0)  # if r0 == 0 goto end

    def write(self):
        with open(self.path, "wb") as file:
            file.write(self.data)


def main(what, path, *words):
    bpf = Object(path)
    if what == "list":
        for name, (section, _) in sorted(bpf.programs().items()):
            print(name, section)
    elif what == "code":
        bpf.refuse(words[0])
        bpf.write()
    elif what == "void":
        bpf.empty(words[0])
        bpf.write()
    elif what == "name":
        old, new = (word.encode() for word in words)
        if len(old) != len(new) or bpf.data.find(old, bpf.at) < 0:
            sys.exit(f"no {words[0]} to become {words[1]}")
        bpf.data[bpf.at:] = bpf.data[bpf.at:].replace(old, new)
        bpf.write()


main(*sys.argv[1:])
