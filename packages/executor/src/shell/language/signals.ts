/** Ways a script leaves the place it is at. Thrown, caught by the construct that they are about. */
export class BreakLoop extends Error {
  levels: number
  readonly again: boolean
  constructor(levels: number, again: boolean) {
    super('break or continue')
    this.levels = levels
    this.again = again
  }
}

export class ReturnFromFunction extends Error {
  readonly status: number
  constructor(status: number) {
    super('return')
    this.status = status
  }
}

export class ExitShell extends Error {
  readonly status: number
  constructor(status: number) {
    super('exit')
    this.status = status
  }
}

/** A fault that makes the command fail: reported on stderr, then status `status`. */
export class CommandFault extends Error {
  readonly status: number
  constructor(message: string, status = 1) {
    super(message)
    this.status = status
  }
}

/** A redirection that cannot be made. */
export class RedirectionFault extends CommandFault {}

/** A fault that ends a shell that is not interactive: a bad expansion, assignment to a readonly variable, `${x:?}`. */
export class FatalFault extends Error {
  readonly status: number
  constructor(message: string, status = 1) {
    super(message)
    this.status = status
  }
}
