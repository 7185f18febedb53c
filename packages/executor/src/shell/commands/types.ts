import type { Call } from '../call.js'
import type { Result } from '../result.js'

/** A program of the pack; its status, or nothing where `call.status` says it. */
export type Command = (call: Call) => Result
