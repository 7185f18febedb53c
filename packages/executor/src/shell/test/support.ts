import { createOverlay, emptySnapshot, type Overlay } from '@layerwright/vfs'
import type { ExecRequest } from '../../types.js'
import { type SimulatedShellOptions, simulatedShell } from '../simulated-shell.js'

/** A run of a line in a fresh tree, for tests. */
export interface Tried {
  readonly exit: number
  readonly out: string
  readonly err: string
  readonly overlay: Overlay
}

/** A tree with the usual folders and accounts. */
export function plainTree(): Overlay {
  const overlay = createOverlay(emptySnapshot())
  for (const path of ['/etc', '/work', '/root', '/bin']) overlay.mkdir(path)
  overlay.mkdir('/tmp', { mode: 0o1777 })
  overlay.writeFile('/etc/passwd', 'root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n')
  overlay.writeFile('/etc/group', 'root:x:0:\napp:x:1000:\ndeploy:x:2000:app\n')
  return overlay
}

/** Runs a line with bash (or what `request.argv` says) where every command of the pack exists. */
export async function tryLine(line: string, request: Partial<ExecRequest> = {}, options: SimulatedShellOptions = {}): Promise<Tried> {
  const overlay = request.overlay ?? plainTree()
  const output = { stdout: '', stderr: '' }
  const { exitCode } = await simulatedShell({ everyCommand: true, ...options }).run({
    overlay,
    filesystem: overlay,
    lower: { snapshot: overlay.lower, layers: [] },
    argv: ['bash', '-c', line],
    env: new Map([['PATH', '/usr/bin:/bin']]),
    cwd: '/work',
    onOutput: (stream, bytes) => {
      output[stream] += Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
    },
    ...request,
  })
  return { exit: exitCode, out: output.stdout, err: output.stderr, overlay }
}
