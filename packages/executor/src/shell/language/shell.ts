import { RunLimitError } from '../../errors.js'
import { toBytes } from '../system/bytes.js'
import type { OpenFile } from '../system/open-file.js'
import type { Process, Run } from '../system/process.js'
import type { ShellFs } from '../system/shell-fs.js'
import type { Task } from '../system/task.js'
import { envTeller, inherited } from '../system/traced-env.js'
import { evaluateArithmetic } from './arithmetic.js'
import type { Descriptors } from './descriptors.js'
import { shoptDefaults } from './options.js'
import { FatalFault } from './signals.js'
import type { Command } from './syntax.js'
import { Variables } from './variables.js'

/** Which shell the script is run by: they differ in a few words. */
export type Dialect = 'bash' | 'dash' | 'ash'

/** The state of one shell: everything a subshell gets a copy of. */
export class Shell {
  readonly run: Run
  readonly dialect: Dialect
  readonly pid: number
  readonly env: Variables
  readonly fs: ShellFs
  readonly functions: Map<string, Command<'FunctionDef'>>
  readonly aliases: Map<string, string>
  readonly options: Set<string>
  readonly shopts: Map<string, boolean>
  readonly traps: Map<string, string>
  readonly depth: number
  readonly subshell: boolean
  task: Task
  fds: Descriptors
  cwd: string
  name: string
  positional: string[]
  status = 0
  pipeStatus: number[] = [0]
  lastJob: number | undefined
  lastArgument = ''
  line = 0
  loops = 0
  /** Functions and sourced files that `return` can leave. */
  returnable = 0
  /** Left by `exit`, not by reaching the end. */
  exited = false
  calls: string[] = []
  /** Above 0 where `set -e` is not looked at: conditions, all of `a && b` but the last. */
  lenient = 0
  directories: string[] = []
  getoptsAt = 0
  /** Status of the last command substitution in the word that is being expanded. */
  substitutionStatus = 0
  /** Files that process substitutions opened for the command that is being prepared. */
  readonly substituted: { readonly fd: number; readonly ended: Promise<unknown> | undefined }[] = []
  readonly started: number

  constructor(process: Process, dialect: Dialect, name: string, positional: readonly string[], parent?: Shell) {
    this.run = process.run
    this.task = process.task
    this.fs = process.fs
    this.fds = process.fds
    this.cwd = process.cwd
    this.pid = parent?.pid ?? process.pid
    this.depth = process.depth
    if (this.depth > this.run.scheduler.limits.depth) throw new RunLimitError('depth', this.run.scheduler.limits.depth)
    this.dialect = dialect
    this.name = name
    this.positional = [...positional]
    this.subshell = parent !== undefined
    this.env = parent?.env.fork() ?? new Variables()
    this.env.arithmetic = (text) => this.arithmetic(text)
    this.functions = new Map(parent?.functions)
    this.aliases = new Map(parent?.aliases)
    this.options = new Set(parent?.options ?? ['hashall', 'braceexpand', 'interactive-comments'])
    this.shopts = new Map(parent?.shopts ?? shoptDefaults)
    // A subshell keeps no handlers but those that ignore.
    this.traps = new Map([...(parent?.traps ?? [])].filter(([, action]) => action === ''))
    this.started = parent?.started ?? this.run.scheduler.now()
    if (parent) this.inherit(parent)
    else this.start(process)
    // What a shell sets up for itself is no look at a variable; whoever asks for it later looks.
    this.env.onRead = envTeller(process.fs.shared.onAccess)
  }

  private inherit(parent: Shell): void {
    this.status = parent.status
    this.pipeStatus = [...parent.pipeStatus]
    this.lastJob = parent.lastJob
    this.lastArgument = parent.lastArgument
    this.line = parent.line
    this.lenient = parent.lenient
    this.calls = [...parent.calls]
    this.returnable = parent.returnable
    this.directories = [...parent.directories]
    this.getoptsAt = parent.getoptsAt
  }

  private start(process: Process): void {
    for (const [name, value] of inherited(process.env)) {
      const variable = this.env.declare(name, false)
      variable.value = value
      variable.exported = true
    }
    const set = (name: string, value: string, exported = false) => {
      const variable = this.env.declare(name, false)
      variable.value = value
      if (exported) variable.exported = true
    }
    set('IFS', ' \t\n')
    set('OPTIND', '1')
    set('PS4', this.env.get('PS4') ?? '+ ')
    set('PPID', String(Math.max(0, this.pid - 1)))
    const pwd = this.env.get('PWD')
    set('PWD', pwd && this.isSameDirectory(pwd, this.cwd) ? pwd : this.cwd, true)
    this.cwd = this.env.get('PWD')!
    if (this.env.get('OLDPWD') === undefined && this.dialect === 'bash') this.env.declare('OLDPWD', false).exported = true
    if (this.env.get('PATH') === undefined) set('PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
    if (this.dialect !== 'bash') return
    const level = Number(this.env.get('SHLVL') ?? '0')
    set('SHLVL', String((Number.isInteger(level) ? level : 0) + 1), true)
    set('BASH', '/bin/bash')
    set('BASH_VERSION', '5.2.15(1)-release')
    this.env.declare('BASH_VERSINFO', false).value = new Map(
      ['5', '2', '15', '1', 'release', 'x86_64-pc-linux-gnu'].map((each, at) => [at, each]),
    )
    set('HOSTNAME', this.run.hostname)
    set('HOSTTYPE', 'x86_64')
    set('MACHTYPE', 'x86_64-pc-linux-gnu')
    set('OSTYPE', 'linux-gnu')
    set('OPTERR', '1')
    for (const [name, id] of [
      ['UID', this.fs.who.uid],
      ['EUID', this.fs.who.uid],
    ] as const) {
      // What the environment has of that name stays: an ARG UID is what a script means.
      if (this.env.get(name) === undefined) set(name, String(id))
      this.env.find(name)!.readonly = true
    }
    const groups = new Map([this.fs.who.gid, ...this.fs.who.groups].map((gid, at) => [at, String(gid)]))
    this.env.declare('GROUPS', false).value = groups
  }

  private isSameDirectory(a: string, b: string): boolean {
    if (!a.startsWith('/')) return false
    const [first, second] = [this.fs.find(a), this.fs.find(b)]
    if (!first || !second) return false
    return a === b || (first.ino === second.ino && first.dev === second.dev)
  }

  /** A shell like this one, that shares nothing with it but the files: its descriptors must be closed by who made it. */
  fork(overrides: { readonly task?: Task; readonly fds?: Descriptors; readonly pid?: number } = {}): Shell {
    const process: Process = {
      run: this.run,
      task: overrides.task ?? this.task,
      fs: this.fs.fork(),
      fds: overrides.fds ?? this.fds.fork(),
      argv: [],
      env: new Map(),
      cwd: this.cwd,
      pid: this.pid,
      depth: this.depth + 1,
      line: this.line,
    }
    return new Shell(process, this.dialect, this.name, this.positional, this)
  }

  has(option: string): boolean {
    return this.options.has(option)
  }

  shopt(name: string): boolean {
    return this.shopts.get(name) ?? false
  }

  get ifs(): string {
    return this.env.get('IFS') ?? ' \t\n'
  }

  /** Text of `$-`. */
  get flags(): string {
    const letters: [string, string][] = [
      ['allexport', 'a'], ['errexit', 'e'], ['noglob', 'f'], ['hashall', 'h'], ['nounset', 'u'], ['verbose', 'v'], ['xtrace', 'x'],
      ['braceexpand', 'B'], ['noclobber', 'C'],
    ] // biome-ignore format: a table
    const bash = this.dialect === 'bash'
    const shown = letters.filter(([name]) => this.has(name) && (bash || (name !== 'hashall' && name !== 'braceexpand')))
    return shown.map(([, letter]) => letter).join('') + (this.has('commandstring') && bash ? 'c' : '')
  }

  arithmetic(text: string): bigint {
    if (this.dialect === 'dash' && text.includes('**')) throw new FatalFault(`arithmetic expression: expecting primary: "${text}"`, 2)
    return evaluateArithmetic(text, {
      lookup: (name, index) => this.lookupNumber(name, index),
      assign: (name, index, value) => (index === undefined ? this.assign(name, value) : this.env.setElement(name, index, value)),
      isMap: (name) => this.env.find(this.env.resolve(name))?.map !== undefined,
    })
  }

  private lookupNumber(name: string, index: string | undefined): string | undefined {
    const value = index === undefined ? this.variable(name) : this.env.element(name, index)
    if (value === undefined && this.has('nounset')) throw new FatalFault(`${name}: unbound variable`, this.unsetStatus)
    return value
  }

  /** What `${x:?}` and an unset variable under `-u` end a shell with. */
  get unsetStatus(): number {
    return this.dialect === 'bash' ? (this.subshell || this.has('errexit') || !this.has('commandstring') ? 1 : 127) : 2
  }

  /** A variable's text, with those that are computed. */
  variable(name: string): string | undefined {
    switch (name) {
      case 'LINENO':
        return String(this.line)
      case 'RANDOM':
        return this.dialect === 'dash' ? this.env.get(name) : String(Math.floor(Math.random() * 32768))
      case 'SECONDS':
        return this.env.find(name) || this.dialect !== 'bash'
          ? this.env.get(name)
          : String(Math.floor((this.run.scheduler.now() - this.started) / 1000))
      case 'EPOCHSECONDS':
        return this.dialect === 'bash' ? String(Math.floor(this.run.scheduler.now() / 1000)) : this.env.get(name)
      case 'BASHPID':
        return this.dialect === 'bash' ? String(this.pid) : this.env.get(name)
      case 'BASH_SUBSHELL':
        return this.dialect === 'bash' ? String(this.subshell ? 1 : 0) : this.env.get(name)
      case 'FUNCNAME':
        return this.dialect === 'bash' ? this.calls[this.calls.length - 1] : this.env.get(name)
      default:
        return this.env.get(name)
    }
  }

  assign(name: string, value: string): void {
    this.env.set(name, value)
    if (name === 'OPTIND') this.getoptsAt = 0
    if (this.has('allexport')) this.env.find(this.env.resolve(name))!.exported = true
  }

  /** Writes to a descriptor; a closed one is the caller's error. */
  async write(fd: number, text: string): Promise<void> {
    const file: OpenFile = this.fds.need(fd)
    await file.write(this.task, toBytes(text))
  }

  /** A message of the shell itself. */
  async complain(message: string): Promise<void> {
    const place =
      this.dialect === 'bash'
        ? `${this.name}: line ${this.line}: `
        : this.dialect === 'ash'
          ? `${this.name}: `
          : `${this.name}: ${this.line}: `
    await this.fds.get(2)?.write(this.task, toBytes(`${place}${message}\n`))
  }
}
