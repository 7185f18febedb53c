/** A root file system for tests: busybox of the machine, a few accounts and files. */
import { readFileSync } from 'node:fs'
import { type Layer, layerSnapshot, storeLayer } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { createOverlay, emptySnapshot, memoryContent, type Overlay, type Snapshot } from '@layerwright/vfs'

const APPLETS =
  'sh cat chmod chown cp dd df echo env false find getent grep head hostname id ip kill ln ls mkdir mkfifo mknod mount mv nc ping ps pwd readlink rm rmdir sed sleep sort stat sync tail test touch true uname umount wc'

export interface Base {
  readonly snapshot: Snapshot
  readonly layers: readonly Layer[]
}

/** One layer over what `lower` has, made by `work`. */
export async function layered(lower: Base, work: (overlay: Overlay) => void): Promise<Base> {
  const overlay = createOverlay(lower.snapshot, { now: () => TIME })
  work(overlay)
  const layers = [...lower.layers, await storeLayer(store, overlay.changes())]
  return { snapshot: layerSnapshot(layers), layers }
}

const store = memoryStore()
/** A time that no run has. */
const TIME = 1_234_567_890_123_456_789n
let made: Promise<Base> | undefined

/** @param busybox path of a static one */
export function baseRoot(busybox: string): Promise<Base> {
  made ??= layered({ snapshot: emptySnapshot(), layers: [] }, (fs) => {
    for (const dir of ['/bin', '/etc', '/tmp', '/dir/deep', '/proc', '/sys', '/dev']) fs.mkdir(dir, { recursive: true })
    fs.chmod('/tmp', 0o1777)
    fs.writeFile('/bin/busybox', memoryContent(readFileSync(busybox)), { mode: 0o755 })
    for (const name of APPLETS.split(' ')) fs.symlink('busybox', `/bin/${name}`)
    fs.writeFile('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n')
    fs.writeFile('/etc/group', 'root:x:0:\napp:x:1000:\nteam:x:2000:app\n')
    fs.writeFile('/etc/hosts', '')
    fs.writeFile('/etc/resolv.conf', '')
    fs.writeFile('/etc/motd', 'motd\n')
    fs.writeFile('/etc/issue', 'issue\n')
    fs.writeFile('/dir/file', 'file\n')
    fs.writeFile('/dir/deep/er', 'er\n')
  })
  return made
}
