import type { CommandName } from 'just-bash'
import { SimulationUnsupportedError } from '../../errors.js'
import type { Call } from '../call.js'
import { loadJustBash } from '../language/syntax.js'
import { fromBytes, toBytes } from '../system/bytes.js'
import { refuse } from '../system/process.js'
import { JustBashFileSystem } from './adapter.js'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A tree in which just-bash finds no program of its own command's name, wherever ours lies: it then takes its own. */
class WithoutProgram extends JustBashFileSystem {
  /** Set while it looks for the program. */
  looking = true
  private readonly program: string

  constructor(call: Call, program: string) {
    super(call.fs, call.process.task)
    this.program = program
  }

  override async exists(path: string): Promise<boolean> {
    if (this.looking && (path === '/usr/bin' || path.split('/').at(-1) === this.program)) return false
    return super.exists(path)
  }
}

/** Runs a command of just-bash itself, with this call's arguments, files, input and output. */
export async function borrow(call: Call, name: CommandName): Promise<number> {
  const { Bash, defineCommand, latin1FromBytes, stdoutAsBytes } = await loadJustBash()
  const text = (bytes: string) => decoder.decode(toBytes(bytes))
  const needsInput = call.process.fds.get(0) !== undefined
  const stdin = needsInput ? await call.read('-') : ''
  let out = ''
  // The result of the command itself: what `exec` gives is text already, which bytes may not survive.
  const fs = new WithoutProgram(call, name)
  const entry = defineCommand(name, async (args, context) => {
    fs.looking = false
    const result = await context.origCommand!(args)
    out = latin1FromBytes(stdoutAsBytes(result))
    return result
  })
  const bash = new Bash({
    fs,
    cwd: text(call.process.cwd),
    env: Object.fromEntries([...call.process.env].map(([variable, value]) => [variable, text(value)])),
    commands: [name],
    customCommands: [entry],
    defenseInDepth: false,
    executionLimits: { maxAwkIterations: 10_000_000 },
  })
  try {
    const result = await bash.exec(name, { args: call.args.map(text), stdin, stdinKind: 'bytes', rawScript: true })
    call.out(out === '' ? fromBytes(encoder.encode(result.stdout)) : out)
    if (result.stderr !== '') await call.write(encoder.encode(result.stderr), 2)
    return result.exitCode
  } catch (error) {
    call.process.task.check()
    return refuse(
      call.process,
      new SimulationUnsupportedError([call.name, ...call.args].join(' '), (error as Error).message, call.process.line),
    )
  }
}
