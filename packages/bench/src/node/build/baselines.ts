/** What a build's phases are compared with: the least that anybody has to do who looks at, reads or copies the same files. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, copyFileSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'

/** `readdir` and `lstat` of everything. Gives the number of entries. */
export function bareWalk(dir: string): number {
  let count = 0
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = `${dir}/${entry.name}`
    lstatSync(path)
    count += entry.isDirectory() ? 1 + bareWalk(path) : 1
  }
  return count
}

/** `readdir` of everything. */
export function bareReaddir(dir: string): number {
  let count = 0
  for (const entry of readdirSync(dir, { withFileTypes: true })) count += entry.isDirectory() ? 1 + bareReaddir(`${dir}/${entry.name}`) : 1
  return count
}

/** Reads and hashes every file, one after the other. */
export function bareHash(dir: string, buffer = new Uint8Array(1024 * 1024)): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = `${dir}/${entry.name}`
    if (entry.isDirectory()) bareHash(path, buffer)
    else hashFile(path, buffer)
  }
}

function hashFile(path: string, buffer: Uint8Array): string {
  const fd = openSync(path, 'r')
  try {
    const hash = createHash('sha256')
    for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer)) hash.update(buffer.subarray(0, got))
    return hash.digest('hex')
  } finally {
    closeSync(fd)
  }
}

/** `cp` of one file, then its hash. */
export function copyAndHash(from: string, to: string): void {
  copyFileSync(from, to)
  hashFile(from, new Uint8Array(1024 * 1024))
}

/** `tar c` into a file. Gives the cpu that it took, in milliseconds, as the shell knows it of its children; 0 where there is no `tar`. */
export function tarC(dir: string, scratch: string): { readonly cpuMs: number } {
  const { stdout } = spawnSync('sh', ['-c', 'tar -cf "$1" -C "$2" . && times', 'sh', join(scratch, 'baseline.tar'), dir], {
    encoding: 'utf8',
  })
  const children = stdout.trim().split('\n').at(-1) ?? ''
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, rest]) => Number(minutes) * 60 + Number(rest))
  return { cpuMs: seconds.reduce((sum, one) => sum + one, 0) * 1000 }
}
