// Makes rootfs/bin/busybox: the header of a 64-bit Linux program that is of no type, so that no kernel runs it, with a word about it behind; and a link to it
// for each command that the examples use. A simulated shell never runs it; it only sees that the command is there.
import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const COMMANDS =
  '[ basename cat chmod chown cp cut date dirname echo env false find grep head id ln ls mkdir mv printf pwd rm rmdir sed sh sleep sort stat tail tar tee test touch tr true uname uniq wc whoami xargs'
const MESSAGE = 'This is a stand-in and no program: the commands of this image run in a simulated shell.\n'

const bin = join(dirname(fileURLToPath(import.meta.url)), 'rootfs/bin')
const HEADER = 64
const file = Buffer.alloc(HEADER + MESSAGE.length)
file.write('\x7fELF', 0, 'latin1')
file.set([2, 1, 1], 4) // 64 bits, little endian, version 1
file.writeUInt16LE(0, 16) // of no type: nothing that is run, linked or loaded
file.writeUInt16LE(62, 18) // for x86-64
file.writeUInt32LE(1, 20)
file.writeUInt16LE(HEADER, 52)
file.write(MESSAGE, HEADER)

writeFileSync(join(bin, 'busybox'), file, { mode: 0o755 })
for (const name of COMMANDS.split(' ')) {
  rmSync(join(bin, name), { force: true })
  symlinkSync('busybox', join(bin, name))
}
