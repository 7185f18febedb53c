import { CommandFailure } from '../failure.js'

/** The program cannot be read, or cannot go on; awk ends with 2. */
export class AwkFailure extends CommandFailure {
  constructor(message: string) {
    super(message, 2)
  }
}
