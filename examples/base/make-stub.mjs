// Makes rootfs/bin/busybox: a tiny x86-64 Linux program that says that it is none and ends with status 127, and a link to it for each command that the
// examples use. A simulated shell never runs it; it only sees that the command is there.
import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const COMMANDS =
  '[ basename cat chmod chown cp cut date dirname echo env false find grep head id ln ls mkdir mv printf pwd rm rmdir sed sh sleep sort stat tail tar tee test touch tr true uname uniq wc whoami xargs'
const MESSAGE = 'This image has no programs: its commands run in a simulated shell.\n'

const bin = join(dirname(fileURLToPath(import.meta.url)), 'rootfs/bin')
const message = Buffer.from(MESSAGE)
const HEADERS = 64 + 56
const BASE = 0x400000
// write(2, message, length); exit(127)
const code = Buffer.from([
  ...[0xb8, 1, 0, 0, 0, 0xbf, 2, 0, 0, 0], // mov eax, 1; mov edi, 2
  ...[0x48, 0x8d, 0x35, 0x13, 0, 0, 0], // lea rsi, [rip + 19]: the message behind the code
  ...[0xba, message.length, 0, 0, 0, 0x0f, 0x05], // mov edx, length; syscall
  ...[0xb8, 60, 0, 0, 0, 0xbf, 127, 0, 0, 0, 0x0f, 0x05], // mov eax, 60; mov edi, 127; syscall
])
const file = Buffer.alloc(HEADERS + code.length + message.length)
file.write('\x7fELF', 0, 'latin1')
file.set([2, 1, 1], 4) // 64 bits, little endian, version 1
file.writeUInt16LE(2, 16) // an executable
file.writeUInt16LE(62, 18) // for x86-64
file.writeUInt32LE(1, 20)
file.writeBigUInt64LE(BigInt(BASE + HEADERS), 24) // where it begins
file.writeBigUInt64LE(64n, 32) // its one program header
file.writeUInt16LE(64, 52)
file.writeUInt16LE(56, 54)
file.writeUInt16LE(1, 56)
file.writeUInt32LE(1, 64) // loaded
file.writeUInt32LE(5, 68) // readable and executable
file.writeBigUInt64LE(BigInt(BASE), 80)
file.writeBigUInt64LE(BigInt(BASE), 88)
file.writeBigUInt64LE(BigInt(file.length), 96)
file.writeBigUInt64LE(BigInt(file.length), 104)
file.writeBigUInt64LE(0x1000n, 112)
code.copy(file, HEADERS)
message.copy(file, HEADERS + code.length)

writeFileSync(join(bin, 'busybox'), file, { mode: 0o755 })
for (const name of COMMANDS.split(' ')) {
  rmSync(join(bin, name), { force: true })
  symlinkSync('busybox', join(bin, name))
}
