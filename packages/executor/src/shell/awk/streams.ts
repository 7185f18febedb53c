import { RunLimitError } from '../../errors.js'
import type { Call } from '../call.js'
import { toBytes } from '../system/bytes.js'
import type { OpenFile } from '../system/open-file.js'
import { pipe } from '../system/pipe.js'
import { strerror } from '../system/strerror.js'
import { AwkFailure } from './failure.js'
import { RecordReader } from './reader.js'

type Output =
  | { readonly kind: 'own' }
  | { readonly kind: 'errors'; text: string }
  | { readonly kind: 'file'; readonly file: OpenFile; text: string }
  | { readonly kind: 'command'; text: string }

type Input = { readonly reader: RecordReader; readonly ended: Promise<number> | undefined }

const buffered = 65536

/** What a program has opened: files and commands, by the text that names them. */
export class Streams {
  private readonly call: Call
  private readonly outputs = new Map<string, Output>()
  private readonly inputs = new Map<string, Input>()

  constructor(call: Call) {
    this.call = call
  }

  /** Writes to a file or a command. A promise only where much has gathered. */
  write(kind: '>' | '>>' | '|', target: string, text: string): undefined | Promise<void> {
    let output = this.outputs.get(target)
    if (!output) {
      output = this.openOutput(kind, target)
      this.outputs.set(target, output)
      // A command's output comes behind what was printed before it was started.
      if (output.kind === 'command') return this.call.flush().then(() => this.put(output!, text))
    }
    return this.put(output, text)
  }

  private put(output: Output, text: string): undefined | Promise<void> {
    if (output.kind === 'own') {
      this.call.out(text)
      return undefined
    }
    output.text += text
    if (output.kind === 'command') {
      const { heldBytes } = this.call.process.run.scheduler.limits
      if (output.text.length > heldBytes) throw new RunLimitError('heldBytes', heldBytes)
      return undefined
    }
    return output.kind === 'errors' || output.text.length > buffered ? this.flushOne(output) : undefined
  }

  private openOutput(kind: '>' | '>>' | '|', target: string): Output {
    if (kind === '|') return { kind: 'command', text: '' }
    if (target === '/dev/stdout' || target === '-') return { kind: 'own' }
    if (target === '/dev/stderr') return { kind: 'errors', text: '' }
    try {
      return { kind: 'file', file: this.call.create(target, { append: kind === '>>' }), text: '' }
    } catch (error) {
      throw new AwkFailure(`cannot open "${target}" for output (${strerror(error)})`)
    }
  }

  private async flushOne(output: Output): Promise<void> {
    if (output.kind !== 'errors' && output.kind !== 'file') return
    const bytes = toBytes(output.text)
    output.text = ''
    if (output.kind === 'errors') await this.call.write(bytes, 2)
    else await output.file.write(this.call.process.task, bytes)
  }

  /** Everything but what waits for a command: before others run, and may read it. */
  async flush(): Promise<void> {
    await this.call.flush()
    for (const output of this.outputs.values()) await this.flushOne(output)
  }

  /** The reader of a file; undefined where it cannot be opened. */
  file(name: string): RecordReader | undefined | Promise<RecordReader | undefined> {
    const known = this.inputs.get(name)
    if (known) return known.reader
    return this.flush().then(() => {
      let file: OpenFile
      try {
        file = this.call.open(name)
      } catch {
        return undefined
      }
      const reader = new RecordReader(file, this.call.process.task)
      this.inputs.set(name, { reader, ended: undefined })
      return reader
    })
  }

  /** The reader of a command's output; it runs beside us. */
  command(line: string): RecordReader | Promise<RecordReader> {
    const known = this.inputs.get(line)
    if (known) return known.reader
    return this.flush().then(() => {
      const { reader, writer } = pipe()
      const fds = this.call.fork()
      fds.set(1, writer)
      const ended = this.call.spawn(shell(line), { fds }).finally(() => fds.close())
      ended.catch(() => {})
      const records = new RecordReader(reader, this.call.process.task)
      this.inputs.set(line, { reader: records, ended })
      return records
    })
  }

  async system(line: string): Promise<number> {
    await this.flush()
    return this.call.spawn(shell(line))
  }

  /** Closes all that has this name; the status of its command, 0 of a file, -1 where nothing is open. */
  async close(name: string): Promise<number> {
    let status = -1
    const input = this.inputs.get(name)
    if (input) {
      this.inputs.delete(name)
      input.reader.close()
      status = (await input.ended) ?? 0
    }
    const output = this.outputs.get(name)
    if (output) {
      this.outputs.delete(name)
      status = await this.finish(name, output)
    }
    return status
  }

  private async finish(name: string, output: Output): Promise<number> {
    if (output.kind === 'command') return this.runOutput(name, output.text)
    await this.flushOne(output)
    if (output.kind === 'file') output.file.release()
    return 0
  }

  private async runOutput(line: string, text: string): Promise<number> {
    const { reader, writer } = pipe()
    const fds = this.call.fork()
    fds.set(0, reader)
    const writing = (async () => {
      try {
        await writer.write(this.call.process.task, toBytes(text))
      } catch {
        // The command has ended before it read all: as with a real pipe, that is its affair.
      } finally {
        writer.release()
      }
    })()
    try {
      return await this.call.spawn(shell(line), { fds })
    } finally {
      fds.close()
      await writing
    }
  }

  /** At the end. `ownFirst`: what was printed goes out before the commands run; mawk does it behind them. */
  async closeAll(ownFirst: boolean): Promise<void> {
    const held = ownFirst ? undefined : this.call.withhold()
    for (const [name, output] of [...this.outputs]) {
      this.outputs.delete(name)
      if (output.kind === 'command' && ownFirst) await this.call.flush()
      await this.finish(name, output)
    }
    held?.()
    for (const name of [...this.inputs.keys()]) await this.close(name)
  }
}

const shell = (line: string): string[] => ['/bin/sh', '-c', line]
