import type { PublishedPort } from './types.js'

/** Base of everything this package throws; `code` is stable, `message` (or a `hint`) names the next step. */
export class ExecutorError extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** USER names somebody that /etc/passwd or /etc/group of the tree does not have. */
export class UnknownUserError extends ExecutorError {
  readonly user: string
  constructor(user: string, file: 'passwd' | 'group') {
    super('RUN_UNKNOWN_USER', `unable to find ${file === 'passwd' ? 'user' : 'group'} ${user}: no matching entries in ${file} file`)
    this.user = user
  }
}

/** USER is not a name and not an id from 0 to 2^32-2. */
export class InvalidUserError extends ExecutorError {
  readonly user: string
  constructor(user: string) {
    super('RUN_INVALID_USER', `user ${JSON.stringify(user)} is not valid: write a name or an id from 0 to 4294967294`)
    this.user = user
  }
}

/** /etc/passwd or /etc/group of the tree is larger than anybody's (S16). */
export class AccountFileTooLargeError extends ExecutorError {
  readonly path: string
  constructor(path: string, size: number, limit: number) {
    super('RUN_ACCOUNT_FILE_TOO_LARGE', `${path} of the image has ${size} bytes, and at most ${limit} are read: name the user by its id`)
    this.path = path
  }
}

/** What the executor needs is not there. */
export class ExecutorUnavailableError extends ExecutorError {
  constructor(message: string, options?: ErrorOptions) {
    super('EXECUTOR_UNAVAILABLE', message, options)
  }
}

/** A tree that commands share lies in a folder that is gone, or that another user made. */
export class SharedTreeUnavailableError extends ExecutorError {
  readonly path: string
  constructor(path: string, why: string) {
    super('SHARED_TREE_UNAVAILABLE', `the folder ${path} ${why}`)
    this.path = path
  }
}

/** Rootless: an id is wanted that the user has no subordinate id for. */
export class IdUnavailableError extends ExecutorError {
  readonly id: number
  /** @param count ids that there are, 0 among them @param whose what has the id */
  constructor(id: number, count: number, whose: string) {
    super(
      'RUN_ID_UNAVAILABLE',
      `the id ${id} (${whose}) does not exist in a sandbox of an ordinary user with ${count === 1 ? 'no subordinate ids' : `the ids 0 to ${count - 1}`}: ` +
        `install uidmap and give the user a range of at least ${Math.max(65536, id + 1)} in /etc/subuid and /etc/subgid, or run as root`,
    )
    this.id = id
  }
}

/** The command has no file in the tree: `exec` itself fails, as a runtime reports it. */
export class CommandNotFoundError extends ExecutorError {
  readonly command: string
  constructor(command: string) {
    super(
      'RUN_COMMAND_NOT_FOUND',
      command.includes('/')
        ? `exec: "${command}": stat ${command}: no such file or directory`
        : `exec: "${command}": executable file not found in $PATH`,
    )
    this.command = command
  }
}

/** The simulated shell cannot do this honestly: a binary, a package manager, a kernel feature. */
export class SimulationUnsupportedError extends ExecutorError {
  readonly command: string
  /** Line of the script, from 1, where it is known. */
  readonly line: number | undefined
  /** What to do next. */
  readonly hint = 'use a real sandbox, on Linux with runc, crun or bubblewrap: --executor linux; or a Docker engine: --executor docker'
  constructor(command: string, why: string, line?: number) {
    super(
      'SIMULATION_UNSUPPORTED',
      `the simulated shell cannot run "${command}"${line === undefined ? '' : ` (line ${line} of the script)`}: ${why}`,
    )
    this.command = command
    this.line = line
  }
}

/** The request asks for something that this executor has no means for. */
export class RunOptionUnsupportedError extends ExecutorError {
  readonly option: RunOption
  constructor(option: RunOption, why: string) {
    super('RUN_OPTION_UNSUPPORTED', `${OPTION_WORDS[option]}: ${why}`)
    this.option = option
  }
}

/** What a request may ask for and not every executor has. */
export type RunOption = 'socket' | 'insecure' | 'ulimits' | 'memory' | 'cpus' | 'shm' | 'terminal' | 'ports'
const OPTION_WORDS: Readonly<Record<RunOption, string>> = {
  socket: 'a socket of this machine (--mount=type=ssh) cannot be given to the command',
  insecure: '--security=insecure is not possible',
  ulimits: 'limits (--ulimit) cannot be set',
  memory: 'memory (--memory) cannot be bounded',
  cpus: 'processor time (--cpus) cannot be bounded',
  shm: 'the size of /dev/shm (--shm-size) cannot be set',
  terminal: 'the command cannot have a terminal (--tty)',
  ports: 'the command cannot have a network of its own, with these ports published (--publish, --network private)',
}

/** A port of this machine cannot be had for a command. */
export class PortUnavailableError extends ExecutorError {
  /** Of this machine. */
  readonly port: number
  readonly address: string | undefined
  constructor({ address, hostPort, protocol }: PublishedPort, why: string, options?: ErrorOptions) {
    super(
      'PORT_UNAVAILABLE',
      `port ${hostPort}/${protocol}${address === undefined ? '' : ` of ${address}`} cannot be published: ${why}`,
      options,
    )
    this.port = hostPort
    this.address = address
  }
}

/** A command cannot have a network of its own here. */
export class NetworkUnavailableError extends ExecutorError {
  /** All that is missing or went wrong, each with what to do about it. */
  readonly problems: readonly { readonly what: string; readonly remedy: string }[]
  constructor(problems: readonly { readonly what: string; readonly remedy: string }[]) {
    super(
      'NETWORK_UNAVAILABLE',
      `no network of its own, which published ports need, can be made here: ${problems.map(({ what, remedy }) => `${what}: ${remedy}`).join('; ')}`,
    )
    this.problems = problems
  }
}

/** The caller's AbortSignal fired. */
export class RunAbortedError extends ExecutorError {
  constructor(options?: ErrorOptions) {
    super('RUN_ABORTED', 'the command was aborted', options)
  }
}

/** The worker that ran a command ended before the command did: out of memory, or it could not be started. Nothing of the run was kept. */
export class RunWorkerError extends ExecutorError {
  constructor(why: string, options?: ErrorOptions) {
    super('RUN_WORKER_DIED', `the worker of the simulated shell ended before the command did: ${why}`, options)
  }
}

/** A limit of `limits.ts` was reached. */
export class RunLimitError extends ExecutorError {
  readonly limit: string
  constructor(limit: string, value: number) {
    super('RUN_LIMIT', `the command went over the limit ${limit} of the simulated shell (${value}); raise it in the options if it means to`)
    this.limit = limit
  }
}
