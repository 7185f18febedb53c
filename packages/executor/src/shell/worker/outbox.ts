/** What a command says, gathered for a few milliseconds: a message for each line would cost more than the line. */
import type { Told, ToldMessage } from './messages.js'

/** Milliseconds that something may wait while there is more to come. */
const PATIENCE = 5
/** Bytes of output that the host may be behind. */
const BEHIND = 4 << 20

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
    return this.#behind > BEHIND ? new Promise((resolve) => this.#ready.push(resolve)) : undefined
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
    if (this.#behind > BEHIND) return
    for (const go of this.#ready.splice(0)) go()
  }
}

/** Pieces of one stream behind one another become one. */
function joined(told: readonly Told[]): Told[] {
  const all: Told[] = []
  for (let i = 0; i < told.length; ) {
    const first = told[i]!
    let end = i + 1
    if ('stream' in first) while (end < told.length && isOf(told[end]!, first.stream)) end++
    all.push(end - i > 1 ? joinOutput(told.slice(i, end) as Output[]) : first)
    i = end
  }
  return all
}

type Output = Extract<Told, { stream: unknown }>

const isOf = (told: Told, stream: string): boolean => 'stream' in told && told.stream === stream

function joinOutput(parts: readonly Output[]): Output {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.bytes.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part.bytes, at)
    at += part.bytes.length
  }
  return { stream: parts[0]!.stream, bytes }
}
