import type { HostEntry } from '@layerwright/executor'
import { createOverlay, emptySnapshot, mountView, type Overlay, type Snapshot } from '@layerwright/vfs'
import type { Placed } from './mounts/layout.js'
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

/** Something of the engine's that is mounted while a container runs. */
export interface RuntimeFile extends Placed {
  readonly kind: 'dir' | 'file'
}

const HOSTS = [
  ['127.0.0.1', 'localhost'],
  ['::1', 'localhost ip6-localhost ip6-loopback'],
  ['fe00::0', 'ip6-localnet'],
  ['ff00::0', 'ip6-mcastprefix'],
  ['ff02::1', 'ip6-allnodes'],
  ['ff02::2', 'ip6-allrouters'],
]

/** Reads what a process wrote to them, so that nothing outside is read later. */
export async function keepInMemory(files: readonly RuntimeFile[]): Promise<void> {
  for (const { kind, source, subpath } of files) {
    if (kind !== 'file') continue
    const fs = mountView(source)
    const path = `/${subpath}`
    const { mtimeNs } = fs.stat(path)
    fs.writeFile(path, await fs.readFile(path))
    fs.utimes(path, mtimeNs)
  }
}

/** What is mounted over the stand-ins while the container runs. Writes to it are lost when it stops. */
export function runtimeFiles(hostname: string, extraHosts: readonly HostEntry[], now: () => bigint): RuntimeFile[] {
  const tree = createOverlay(emptySnapshot(), { now })
  tree.writeFile(
    '/hosts',
    [...HOSTS, ...extraHosts.map(({ name, address }) => [address, name])].map(([address, names]) => `${address}\t${names}\n`).join(''),
  )
  tree.writeFile('/hostname', `${hostname}\n`)
  tree.writeFile('/resolv.conf', '')
  tree.mkdir('/dev')
  tree.mkdir('/dev/pts')
  tree.mkdir('/dev/shm', { mode: 0o1777 })
  tree.mkdir('/proc', { mode: 0o555 })
  tree.mkdir('/sys', { mode: 0o555 })
  const at = (kind: RuntimeFile['kind'], destination: string, subpath: string, readonly = false): RuntimeFile => ({
    kind,
    destination,
    source: tree,
    subpath,
    readonly,
  })
  return [
    at('dir', '/dev', 'dev'),
    at('dir', '/proc', 'proc', true),
    at('dir', '/sys', 'sys', true),
    at('file', '/etc/hosts', 'hosts'),
    at('file', '/etc/hostname', 'hostname'),
    at('file', '/etc/resolv.conf', 'resolv.conf'),
  ]
}
