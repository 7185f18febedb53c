import type { Call } from '../call.js'

/** A program of the pack; its status, or nothing where `call.status` says it. */
export type Command = (call: Call) => number | void | Promise<number | void>
