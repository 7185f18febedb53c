/** The worker's side: runs one command after another and tells what happens. */
import { runHere } from '../run-here.js'
import { gatherChanges } from './changes.js'
import { HostContents } from './contents.js'
import { toFault } from './fault.js'
import { HostMount } from './host-mount.js'
import type { DoneMessage, NodeData, RunMessage, ShellScope, ToHost, ToWorker } from './messages.js'
import { Outbox } from './outbox.js'
import { TreeReceiver } from './trees.js'
import { makeView } from './view.js'

/**
 * Makes a worker run the commands that a `simulatedShell` with the option `worker` sends. It touches nothing of the machine that it runs on; all
 * that it sees comes by message.
 * @param scope the worker itself; by default that of the web (`self`)
 */
export function serveShell(scope: ShellScope = webScope()): void {
  const post = (message: ToHost, transfer: ArrayBuffer[] = []) => scope.postMessage(message, transfer)
  const contents = new HostContents(post)
  const trees = new TreeReceiver((number, size) => contents.content(number, size))
  const outbox = new Outbox(post)
  let aborting: AbortController | undefined
  const hostMount = (root: NodeData) =>
    new HostMount(
      root,
      (call) => scope.call!(call),
      (number, size) => contents.content(number, size),
    )
  scope.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
    if (data.type === 'bytes') contents.receive(data)
    else if (data.type === 'taken') outbox.taken(data.bytes)
    else if (data.type === 'abort') aborting?.abort()
    else void run(data)
  })

  async function run({ command, options, wants, rows, overlays, mounts }: RunMessage): Promise<void> {
    trees.receive(rows)
    aborting = new AbortController()
    const view = makeView(overlays, mounts, trees, hostMount)
    const outcome = await runHere(
      {
        ...command,
        filesystem: view.filesystem,
        signal: aborting.signal,
        ...(wants.output ? { onOutput: (stream, bytes) => outbox.output(stream, bytes) } : {}),
        ...(wants.access ? { onAccess: (access) => outbox.tell({ access }) } : {}),
      },
      {
        limits: options.limits,
        everyCommand: options.everyCommand,
        clock: () => Date.now() + options.aheadMs,
        waiting: () => contents.pending || outbox.full,
        ...(wants.program ? { onProgram: (program) => outbox.tell({ program: [...program] }) } : {}),
      },
    ).catch((error: unknown) => ({ fault: toFault(error) }))
    outbox.flush()
    const gathered = view.overlays.map(({ overlay, before }) => gatherChanges(overlay, before))
    const done: DoneMessage = {
      type: 'done',
      outcome: 'fault' in outcome ? outcome : { exitCode: outcome.exitCode },
      changes: gathered.map((each) => each?.data),
    }
    post(
      done,
      gathered.flatMap((each) => each?.transfer ?? []),
    )
  }
}

/** `self` in a worker, which a program for pages and workers has no type for. */
const webScope = (): ShellScope => globalThis as unknown as ShellScope // type-ok: only workers call this
