/**
 * A command cannot go on: the message, with the command's name in front, and the status. In a file of its own, because commands extend it
 * while they are loaded, and what starts commands is started by commands.
 */
export class CommandFailure extends Error {
  readonly status: number
  constructor(message: string, status = 1) {
    super(message)
    this.status = status
  }
}

/** The real command can do this, and the simulation cannot: ends the whole run with a refusal, and does not look like a failure of the command. */
export class NotSimulated extends CommandFailure {}
