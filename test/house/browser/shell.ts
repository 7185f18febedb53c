/** The simulated shell as a page uses it: in a worker. */
import { simulatedShell } from '@layerwright/executor/shell'
import { createOverlay, emptySnapshot, type LayerChange, readAll } from '@layerwright/vfs'

const tree = () => {
  const overlay = createOverlay(emptySnapshot(), { now: () => 0n })
  overlay.mkdir('/work/deep', { recursive: true })
  overlay.mkdir('/etc')
  overlay.writeFile('/work/deep/file', 'one\ntwo\nthree\n')
  return overlay.freeze()
}

/** Each of these never ends by itself. */
export const loops = ['while true; do :; done', 'awk "BEGIN { while (1) x++ }"', 'echo x | sed ":a; s/x/x/; ta"', 'yes > /dev/null']

/** What a script gives and leaves, and how long each loop ran on after its abort, in milliseconds. */
export async function shellScenario(worker: (() => Worker) | undefined) {
  const shell = simulatedShell({ everyCommand: true, worker })
  const lower = tree()
  async function run(script: string, signal?: AbortSignal, onStart?: () => void) {
    const overlay = createOverlay(lower)
    let output = ''
    const { exitCode } = await shell.run({
      overlay,
      filesystem: overlay,
      lower: { snapshot: lower, layers: [] },
      argv: ['bash', '-c', script],
      env: new Map([['PATH', '/usr/bin:/bin']]),
      cwd: '/work',
      onOutput(_, bytes) {
        output += new TextDecoder().decode(bytes)
        onStart?.()
      },
      ...(signal ? { signal } : {}),
    })
    return { exitCode, output, changes: await Promise.all(overlay.changes().map(describe)) }
  }

  const ran = await run(
    "grep t deep/file | sort -r; cp deep/file copy; echo four >> copy; ln copy link; rm -r deep; sha256sum copy | awk '{ print $1 }'",
  )
  const again = await run('cat deep/file | wc -l')
  const refused = await run('apt-get update').catch((error: { readonly code?: unknown }) => error.code)
  const stopped: number[] = []
  for (const loop of worker ? loops : []) {
    const controller = new AbortController()
    let at = 0
    const started = () => {
      if (at > 0) return
      at = 1
      setTimeout(() => {
        at = performance.now()
        controller.abort()
      }, 50)
    }
    const code = await run(`echo started; ${loop}`, controller.signal, started).catch((error: { readonly code?: unknown }) => error.code)
    stopped.push(code === 'RUN_ABORTED' ? performance.now() - at : Number.NaN)
  }
  return { ran, again, refused, stopped }
}

async function describe({ path, inode }: LayerChange): Promise<string> {
  const text = inode?.type === 'file' ? new TextDecoder().decode(await readAll(inode.content)) : ''
  return `${path} ${inode?.type ?? 'gone'} ${inode?.mode.toString(8) ?? ''} ${text}`
}
