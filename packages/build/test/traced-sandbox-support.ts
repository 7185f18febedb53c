/** Bases of real programs for traced steps: busybox, and a dynamic shell of the machine with its loader and library. */
import { execFileSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { createOverlay, emptySnapshot, memoryContent, type Overlay, type Snapshot } from '@layerwright/vfs'

const APPLETS =
  'cat cp cut env find grep head id install ln ls mkdir mv printenv readlink rm rmdir sed sort stat tail test touch chmod chown wc xargs du true mkfifo realpath chroot'.split(
    ' ',
  )

let base: Snapshot | undefined

/** A context that has `rootfs/` for `COPY rootfs/ /`, to be written to. @param busybox path of a static one */
export function sandboxFiles(busybox: string): Overlay {
  base ??= rootfs(busybox)
  return createOverlay(base)
}

/** Puts a program of the machine into `rootfs/`, with its loader and libraries. */
export function addProgram(fs: Overlay, path: string, program: string, mode = 0o755): void {
  const put = (at: string, file: string, permissions: number) => {
    fs.mkdir(`/rootfs${at.slice(0, at.lastIndexOf('/'))}`, { recursive: true })
    fs.writeFile(`/rootfs${at}`, memoryContent(readFileSync(realpathSync(file))), { mode: permissions })
  }
  put(path, program, mode)
  for (const line of execFileSync('ldd', [program], { encoding: 'utf8' }).split('\n')) {
    const part = /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1]
    if (part) put(part, part, 0o755)
  }
}

function rootfs(busybox: string): Snapshot {
  const fs = createOverlay(emptySnapshot())
  fs.mkdir('/rootfs/bin', { recursive: true })
  fs.writeFile('/rootfs/bin/busybox', memoryContent(readFileSync(busybox)), { mode: 0o755 })
  for (const name of APPLETS) fs.symlink('busybox', `/rootfs/bin/${name}`)
  // The machine's own shell is dynamic: its loader and library are looked for like anything else.
  addProgram(fs, '/bin/sh', '/bin/sh')
  for (const dir of ['/etc', '/tmp', '/usr/local/bin', '/usr/bin']) fs.mkdir(`/rootfs${dir}`, { recursive: true })
  fs.writeFile('/rootfs/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n')
  fs.mkdir('/app')
  return fs.freeze()
}
