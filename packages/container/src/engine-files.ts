import { createOverlay, type Overlay, type Snapshot } from '@layerwright/vfs'
import { join, partsOf } from './paths.js'
import { lstatIfAny } from './scope.js'

/**
 * What an engine puts between an image and the container's own layer: stand-ins for what it mounts when the container runs. They
 * are in an export, and never in a change list or a commit, because they are below.
 */
const STAND_INS: readonly (readonly [path: string, kind: 'dir' | 'file' | { readonly link: string }])[] = [
  ['/dev/pts', 'dir'],
  ['/dev/shm', 'dir'],
  ['/proc', 'dir'],
  ['/sys', 'dir'],
  ['/.dockerenv', 'file'],
  ['/etc/resolv.conf', 'file'],
  ['/etc/hosts', 'file'],
  ['/etc/hostname', 'file'],
  ['/dev/console', 'file'],
  ['/etc/mtab', { link: '/proc/mounts' }],
]

/** The image's tree with the stand-ins in it. The same image gives the same tree, also in another process. */
export function withStandIns(image: Snapshot): Snapshot {
  const overlay = createOverlay(image, { now: () => 0n })
  for (const [path, kind] of STAND_INS) {
    makeParents(overlay, path)
    const there = lstatIfAny(overlay, path)
    if (there && there.type !== 'dir') overlay.unlink(path)
    else if (there) continue
    if (kind === 'dir') overlay.mkdir(path)
    else if (kind === 'file') overlay.writeFile(path, '', { mode: 0o755 })
    else overlay.symlink(kind.link, path)
  }
  return overlay.freeze()
}

/** Whatever is no directory on the way gives place to one: an image must not lead the engine's files elsewhere by a link (S30). */
function makeParents(overlay: Overlay, path: string): void {
  let here = '/'
  for (const part of partsOf(path).slice(0, -1)) {
    here = join(here, part)
    const there = lstatIfAny(overlay, here)
    if (there?.type === 'dir') continue
    if (there) overlay.unlink(here)
    overlay.mkdir(here)
  }
}

/** What is mounted over the stand-ins while the container runs. Writes to it are lost when it stops. */
export function runtimeFiles(hostname: string, now: () => bigint): { readonly target: string; readonly source: Overlay; readonly subpath: string; readonly readonly: boolean }[] {
  const tree = createOverlay({ type: 'dir', mode: 0o755, uid: 0, gid: 0, mtimeNs: now(), entries: new Map() }, { now })
  tree.writeFile('/hosts', `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nff00::0\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n`)
  tree.writeFile('/hostname', `${hostname}\n`)
  tree.writeFile('/resolv.conf', '')
  tree.mkdir('/dev')
  tree.mkdir('/dev/pts')
  tree.mkdir('/dev/shm', { mode: 0o1777 })
  tree.mkdir('/proc', { mode: 0o555 })
  tree.mkdir('/sys', { mode: 0o555 })
  return [
    { target: '/dev', source: tree, subpath: 'dev', readonly: false },
    { target: '/proc', source: tree, subpath: 'proc', readonly: true },
    { target: '/sys', source: tree, subpath: 'sys', readonly: true },
    { target: '/etc/hosts', source: tree, subpath: 'hosts', readonly: false },
    { target: '/etc/hostname', source: tree, subpath: 'hostname', readonly: false },
    { target: '/etc/resolv.conf', source: tree, subpath: 'resolv.conf', readonly: false },
  ]
}
