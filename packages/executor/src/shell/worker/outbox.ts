/** What a command says, gathered for a few milliseconds: a message for each line would cost more than the line. */
import { workerLimits } from '../../limits.js'
import type { FileAccess } from '../../types.js'
import { concatBytes } from '../system/bytes.js'
import { ACCESS_KINDS, type AccessRows, type PathAccess, type Told, type ToldMessage } from './messages.js'

/** Milliseconds that something may wait while there is more to come. */
const PATIENCE = 5

export class Outbox {
  readonly #post: (message: ToldMessage, transfer: ArrayBuffer[]) => void
  #told: Told[] = []
  #posted = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #behind = 0
  #ready: (() => void)[] = []

  constructor(post: (message: ToldMessage, transfer: ArrayBuffer[]) => void) {
    this.#post = post
  }

  /** Whether somebody waits for the host. */
  get full(): boolean {
    return this.#ready.length > 0
  }

  /** Takes the bytes over. A promise where the writer shall wait until the host has caught up. */
  output(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> | undefined {
    this.tell({ stream, bytes: bytes as Uint8Array<ArrayBuffer> })
    this.#behind += bytes.length
    return this.#behind > workerLimits.behindBytes ? new Promise((resolve) => this.#ready.push(resolve)) : undefined
  }

  tell(told: Told): void {
    this.#told.push(told)
    // Looked at here too, because a command that never pauses lets no timer through.
    if (performance.now() - this.#posted > PATIENCE) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), PATIENCE)
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#told.length === 0) return
    const told = joined(this.#told)
    this.#told = []
    this.#posted = performance.now()
    const buffers = told.flatMap((each) => ('bytes' in each ? [each.bytes.buffer] : []))
    this.#post({ type: 'told', told }, buffers)
  }

  taken(bytes: number): void {
    this.#behind -= bytes
    if (this.#behind > workerLimits.behindBytes) return
    for (const go of this.#ready.splice(0)) go()
  }
}

/** Pieces of one stream behind one another become one, and so do accesses. */
function joined(told: readonly Told[]): ToldMessage['told'] {
  const all: (Told | AccessRows)[] = []
  for (let i = 0; i < told.length; ) {
    const kind = kindOf(told[i]!)
    let end = i + 1
    if (kind !== undefined) while (end < told.length && kindOf(told[end]!) === kind) end++
    const run = told.slice(i, end)
    if (end - i === 1) all.push(run[0]!)
    else all.push(kind === 'access' ? joinAccesses(run as PathAccessTold[]) : joinOutput(run as Output[]))
    i = end
  }
  return all
}

type Output = Extract<Told, { stream: unknown }>
type PathAccessTold = { readonly access: PathAccess }

/** What can be joined with its like. */
function kindOf(told: Told): string | undefined {
  if ('stream' in told) return told.stream
  return 'access' in told && 'path' in told.access ? 'access' : undefined
}

const joinAccesses = (told: readonly PathAccessTold[]): AccessRows => ({
  kinds: Uint8Array.from(told, ({ access }) => ACCESS_KINDS.indexOf(access.kind)),
  paths: told.map(({ access }) => access.path).join('\0'),
})

/** The accesses again. */
export const accessesOf = ({ kinds, paths }: AccessRows): FileAccess[] =>
  paths.split('\0').map((path, i) => ({ kind: ACCESS_KINDS[kinds[i]!]!, path }))

function joinOutput(parts: readonly Output[]): Output {
  const bytes = concatBytes(parts.map((part) => part.bytes)) as Uint8Array<ArrayBuffer>
  return { stream: parts[0]!.stream, bytes }
}
